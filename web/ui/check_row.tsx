/** One row of the device check: its sign and sentence; grey until it is measured. */

import { CircleCheck, CircleDashed, LoaderCircle, TriangleAlert } from 'lucide-preact';
import type { ComponentChildren } from 'preact';
import { useEffect, useRef } from 'preact/hooks';
import { type Mark, markOf, type RowName, type Rows } from '../media/check';
import { wordsOf } from '../room/check_words';
import { CHECK } from '../words';
import { announce } from './announce';

const SIGNS = { unknown: CircleDashed, busy: LoaderCircle, good: CircleCheck, trouble: TriangleAlert };

interface Props<Row extends RowName> {
  row: Row;
  state: Rows[Row];
  /** It was proven on another day. */
  before?: boolean;
  children: ComponentChildren;
}

export function CheckRow<Row extends RowName>({ row, state, before = false, children }: Props<Row>) {
  const mark: Mark = markOf(state);
  const Sign = SIGNS[mark];
  const words = before ? CHECK.speaker.before : wordsOf(row, state);
  const spoken = useRef(words);
  useEffect(() => {
    // Only what was found is spoken, and only when it changes: the meter and the waiting are silent.
    if (spoken.current !== words && (mark === 'good' || mark === 'trouble'))
      announce(`${CHECK.rows[row]}: ${words}`);
    spoken.current = words;
  }, [words]);
  return (
    <li class="card check" data-row={row} data-state={state} data-mark={mark}>
      <h2>{CHECK.rows[row]}</h2>
      <p class="verdict">
        <Sign aria-hidden="true" />
        <span>{words}</span>
      </p>
      {children}
    </li>
  );
}
