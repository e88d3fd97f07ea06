/** The running clocks of one part, carried on from the last status. Pure. */

import type { PartStatus } from '../wire/types';
import { gone, left } from './clock';
import type { Clock } from './presentation';
import type { Known } from './sides';

/** Ms on the running start clock now. */
export function clockMs(room: Known, part: PartStatus, now: number): number {
  if (part.clock === null) return 0;
  return part.clocks[part.clock] + Math.max(0, now - room.status.now);
}

/** When the running clock would end the lesson, or the lesson's end where it would not come to that. */
export function actsAt(room: Known, part: PartStatus): number {
  return part.acts_at ?? room.lesson.ends_at;
}

/** What is left on the running start clock. Without a time to act, what is left of the limit. */
export function leftClock(room: Known, part: PartStatus, now: number): Clock {
  const limit = room.lesson.start_limit_ms;
  const ms = part.acts_at === null ? limit - clockMs(room, part, now) : part.acts_at - now;
  return { text: left(ms), share: Math.min(1, Math.max(0, ms / limit)) };
}

/** What has gone on the running start clock. */
export function waitedClock(room: Known, part: PartStatus, now: number): Clock {
  return { text: gone(clockMs(room, part, now)), share: null };
}

/** Interrupted time of the lesson so far. */
export function lostClock(room: Known, part: PartStatus, now: number): Clock {
  return { text: gone(lostMs(room, part, now)), share: null };
}

export function lostMs(room: Known, part: PartStatus, now: number): number {
  if (part.phase === 'interrupted') return part.interrupted_ms + Math.max(0, now - room.status.now);
  const offline = room.here.lostAt > 0 && part.phase === 'live' && part.started ? now - room.here.lostAt : 0;
  return part.interrupted_ms + Math.max(0, offline);
}

/** Minutes until the booked end, rounded up, at least 1. */
export function minutesLeft(room: Known, now: number): number {
  return Math.max(1, Math.ceil((room.lesson.ends_at - now) / 60_000));
}
