/** What is said aloud of the status line: a state once, a clock at its start, each full minute, and at 30 s. Pure. */

import { spokenTime } from './clock';
import { isEnded, type Presentation } from './presentation';

export interface Utterance {
  text: string;
  assertive: boolean;
}

/** A weak connection is said once in this time at most. */
export const WEAK_AGAIN_MS = 120_000;

export interface Spoken {
  shown: Presentation | null;
  weakAt: number;
}

export const SILENT: Spoken = { shown: null, weakAt: Number.NEGATIVE_INFINITY };

function seconds(text: string): number {
  const [m = '0', s = '0'] = text.split(':');
  return Number(m) * 60 + Number(s);
}

export function speak(
  before: Spoken,
  next: Presentation,
  now: number,
): { spoken: Spoken; say: Utterance | null } {
  const spoken = { ...before, shown: next };
  const last = before.shown;
  if (last === null || last.state !== next.state || wording(last) !== wording(next)) {
    if (next.state === 'joining' || (last !== null && isEnded(last.state) && isEnded(next.state))) {
      return { spoken, say: null };
    }
    if (last !== null && last.state === next.state && next.state === 'live') return { spoken, say: null };
    if (next.state === 'weak_theirs' || next.state === 'weak_yours') {
      if (now - before.weakAt < WEAK_AGAIN_MS) return { spoken, say: null };
      return { spoken: { shown: next, weakAt: now }, say: { text: next.spoken, assertive: false } };
    }
    const again = last !== null && last.state === next.state;
    return { spoken, say: { text: next.spoken, assertive: next.assertive && !again } };
  }
  return { spoken, say: clockMark(last, next) };
}

/** Minutes count down in the live line: that alone is no news. */
function wording(shown: Presentation): string {
  return shown.state === 'live' ? shown.state : `${shown.headline}|${shown.second}`;
}

function clockMark(last: Presentation, next: Presentation): Utterance | null {
  if (last.clock === null || next.clock === null || next.clock.share === null) return null;
  const from = seconds(last.clock.text);
  const to = seconds(next.clock.text);
  if (from <= to) return null;
  const mark = [30, ...Array.from({ length: 10 }, (_, i) => (i + 1) * 60)].find((m) => from > m && to <= m);
  if (mark === undefined) return null;
  const text = `${spokenTime(`${Math.floor(mark / 60)}:${mark % 60}`)} left.`;
  return { text, assertive: mark === 60 && next.state === 'own_clock' };
}
