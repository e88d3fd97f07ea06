/** The figures behind the line's one sentence, and a report for a school's technician. */

import { type LineFacts, NEEDED_KBPS, type Rows } from '../media/check';
import { linesOf, reportOf } from '../room/check_words';
import { CHECK, fill } from '../words';
import { PressButton } from './basics';

const words = CHECK.connection;

export function LineDetails({ facts, rows }: { facts: LineFacts; rows: Rows }) {
  return (
    <details>
      <summary>{words.details}</summary>
      <div class="stack">
        <p>{fill(words.needs, { n: NEEDED_KBPS / 1_000 })}</p>
        <dl class="facts">
          {linesOf(facts).map(([what, value]) => (
            <>
              <dt key={what}>{what}</dt>
              <dd>{value}</dd>
            </>
          ))}
        </dl>
        <PressButton
          onPress={() => save(reportOf(facts, rows, location.origin, navigator.userAgent, new Date()))}
        >
          {words.report}
        </PressButton>
      </div>
    </details>
  );
}

function save(text: string): void {
  const address = URL.createObjectURL(new Blob([text], { type: 'text/plain' }));
  const link = document.createElement('a');
  link.href = address;
  link.download = 'device-check.txt';
  link.click();
  URL.revokeObjectURL(address);
}
