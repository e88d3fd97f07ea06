/** The timing of the status line (PAGES.md): a worse state shows once it has lasted 3 s, a better one at once and for 4 s. Pure. */

import { isFact, type Presentation, rank } from './presentation';

/** So that a two-second drop is never seen. */
export const WORSE_AFTER_MS = 3_000;
/** So that a better state can be read. */
export const BETTER_FOR_MS = 4_000;

export interface Steady {
  shown: Presentation;
  /** Until when the shown state stays, unless a better one or a fact comes. */
  holdUntil: number;
  /** Since when something worse than what is shown has been true; null while nothing is. */
  worseSince: number | null;
}

export function steady(before: Steady | null, next: Presentation, now: number): Steady {
  if (before === null || before.shown.state === 'joining')
    return { shown: next, holdUntil: now, worseSince: null };
  const from = rank(before.shown.state);
  const to = rank(next.state);
  if (from === to) return { shown: next, holdUntil: before.holdUntil, worseSince: null };
  if (to > from) return { shown: next, holdUntil: now + BETTER_FOR_MS, worseSince: null };
  if (isFact(next.state)) return { shown: next, holdUntil: now, worseSince: null };
  const since = before.worseSince ?? now;
  if (now - since >= WORSE_AFTER_MS && now >= before.holdUntil)
    return { shown: next, holdUntil: now, worseSince: null };
  return { ...before, worseSince: since };
}
