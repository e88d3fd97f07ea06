/** What a lesson came to, in words: the same on the page, in mails and in the ledger. Pure. */

import type { Outcome } from '../wire/types';
import { fill, OUTCOME, TAG } from '../words';

export interface OutcomeWords {
  text: string;
  tag: string;
}

export function minutes(ms: number): number {
  return Math.round(ms / 60_000);
}

export function outcomeWords(outcome: Outcome, teacher: string): OutcomeWords {
  const n = outcome.minutes_owed;
  switch (outcome.charge) {
    case 'charged':
      if (outcome.rule === 'C3') return { text: OUTCOME.missed, tag: TAG.missed };
      if (n > 0) return { text: fill(OUTCOME.owed, { n }), tag: fill(TAG.owed, { n }) };
      if (outcome.rule === 'D1') return { text: OUTCOME.conduct, tag: TAG.charged };
      return { text: finished(outcome), tag: TAG.charged };
    case 'not_charged':
      if (outcome.protected) return { text: OUTCOME.protected, tag: TAG.not_charged };
      if (outcome.rule === 'C6') return { text: OUTCOME.midway, tag: TAG.not_charged };
      return { text: OUTCOME.not_charged, tag: TAG.not_charged };
    case 'undecided':
      return outcome.decides === 'office'
        ? { text: OUTCOME.office, tag: TAG.office }
        : { text: fill(OUTCOME.to_decide, { teacher }), tag: TAG.to_decide };
    case 'none':
      return { text: finished(outcome), tag: TAG.finished };
  }
}

function finished(outcome: Outcome): string {
  return fill(OUTCOME.finished, { n: minutes(outcome.live_ms) });
}
