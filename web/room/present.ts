/** `present`: what the status line says, by PAGES.md's precedence. Pure: the same state and time, the same words. */

import type { PartStatus } from '../wire/types';
import { fill, MORE, ROOM, TITLES } from '../words';
import { askedBack, before, decision, live, reconnecting, settling, warning, weak } from './course';
import { ended } from './endings';
import { interrupted, paused, platform } from './lost';
import { devices, entering, sent, soundBlocked } from './own_page';
import { isEnded, type Presentation, rank } from './presentation';
import { say } from './saying';
import { type Known, known, names, TEACHER } from './sides';
import { keptWaiting, nobodysClock, otherClock, ownClock } from './start_clocks';
import type { RoomState } from './state';
import { observed } from './watching';

/** What is shown of one part, from the highest precedence to the lowest. */
type Look = (room: Known, part: PartStatus, now: number) => Presentation | null;
const LOOKS: readonly Look[] = [
  paused,
  platform,
  interrupted,
  ownClock,
  otherClock,
  keptWaiting,
  nobodysClock,
  reconnecting,
  warning,
  decision,
  askedBack,
  weak,
  settling,
  before,
  live,
];

export function present(state: RoomState, now: number): Presentation {
  const entry = entering(state);
  if (entry !== null) return entry;
  const room = known(state);
  if (room === null) return say('joining', { tone: 'quiet', icon: 'ring', headline: MORE.joining });
  const over = ended(room);
  if (over !== null) return over;
  if (room.halted || room.status.phase !== 'open' || room.here.endPressed) {
    return say('ending', { tone: 'info', icon: 'check', headline: ROOM.ending.both, assertive: true });
  }
  if (room.you.role === 'observer') return observed(room, now);
  const parts = room.status.parts.filter((part) => part.phase !== 'over');
  const looked = parts.map((part) => ({ part, look: ofPart(room, part, now) }));
  looked.sort((a, b) => rank(a.look.state) - rank(b.look.state));
  const first = looked[0];
  const device = soundBlocked(room) ?? devices(room);
  if (first === undefined)
    return device ?? say('live', { tone: 'quiet', icon: 'dot', headline: MORE.joining });
  const running = looked.find(({ look }) => look.clock !== null);
  if (device !== null) return withClock(device, running?.look ?? null);
  const clocked = withClock(first.look, runningUnder(room, first.part, first.look, now));
  const seen = withOwn(room, clocked);
  return parts.length > 1 ? counted(room, parts, seen) : seen;
}

/** One part by itself: also the word and clock that a tile carries. */
export function ofPart(room: Known, part: PartStatus, now: number): Presentation {
  for (const look of LOOKS) {
    const found = look(room, part, now);
    if (found !== null) return found;
  }
  throw new Error(`no words for phase ${part.phase}`);
}

/** The page's title: state – lesson. */
export function titleOf(state: RoomState, shown: Presentation): string {
  const lesson = state.lesson;
  const word = isEnded(shown.state) ? 'Ended' : (TITLES[shown.state] ?? 'Lesson');
  if (lesson === null) return `${word} – Lesson`;
  const whom =
    state.you?.role === 'pupil_side' ? lesson.teacher_name : names(lesson.pupils.map((p) => p.first_name));
  return `${word} – ${lesson.subject} with ${whom}`;
}

/** A start clock or the lost time that runs under a higher state stays in the line, with its consequence. */
function runningUnder(room: Known, part: PartStatus, shown: Presentation, now: number): Presentation | null {
  if (shown.clock !== null || isEnded(shown.state)) return null;
  for (const look of [interrupted, ownClock, otherClock, keptWaiting, nobodysClock]) {
    const found = look(room, part, now);
    if (found !== null && found.clock !== null) return found;
  }
  return null;
}

/** What is wrong with one's own picture or sound: in the line while all goes on, under it before the start. */
function withOwn(room: Known, shown: Presentation): Presentation {
  const own = sent(room);
  if (own === null || shown.clock !== null) return shown;
  // That a grown-up still has to check in comes first: without them nothing starts.
  const waits = shown.buttons.some((one) => one.key === 'fix');
  if (shown.state === 'before') return waits ? shown : { ...shown, second: own.headline };
  return rank(shown.state) > rank(own.state) && shown.state !== 'settling' ? own : shown;
}

function withClock(shown: Presentation, running: Presentation | null): Presentation {
  if (running === null || running.clock === null || shown.clock !== null) return shown;
  return {
    ...shown,
    headline: running.headline.includes(MORE.left) ? `${shown.headline} ${MORE.left}` : shown.headline,
    second: running.second || shown.second,
    clock: running.clock,
    ring: running.ring,
  };
}

function counted(room: Known, parts: readonly PartStatus[], shown: Presentation): Presentation {
  if (shown.state !== 'before' || room.you.role !== 'teacher') return shown;
  const ready = room.status.sides.filter((side) => side.evidence === 'ready' && side.side !== TEACHER).length;
  const headline = fill(MORE.several_ready, { n: ready, m: parts.length });
  return { ...shown, headline, spoken: headline };
}
