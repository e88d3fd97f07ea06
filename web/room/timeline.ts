/** What happened, as sentences: the same for both sides, the office, and in print. Pure. */

import type { LessonInfo } from '../wire/types';
import { CHOICES, fill, sentence, TIMELINE } from '../words';

/** What a line needs to know of the lesson: names only. */
export type Names = Pick<LessonInfo, 'teacher_name'> & {
  pupils: readonly { id: string; first_name: string; adult_word: string }[];
};

export interface Row {
  at: number;
  what: string;
  side?: string | null;
  detail?: string;
}

/** Null for a kind of line that this client does not know: a newer server's. */
export function timelineWords(row: Row, names: Names): string | null {
  const words: string | undefined = (TIMELINE as Record<string, string>)[row.what];
  if (words === undefined) return null;
  const pupil = names.pupils.find((p) => p.id === row.side);
  const side =
    row.side === 'teacher' ? names.teacher_name : pupil ? `${pupil.first_name}'s side` : 'One side';
  const detail =
    row.what === 'decided' ? (CHOICES[row.detail ?? ''] ?? row.detail ?? '') : row.detail || 'The adult';
  return sentence(fill(words, { side, detail, adult: pupil?.adult_word || 'adult' }));
}
