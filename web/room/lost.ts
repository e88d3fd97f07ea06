/** What stops a lesson: a pause, our service, a lost line. Pure. */

import type { PartStatus } from '../wire/types';
import { fill, MORE, ROOM } from '../words';
import { lostClock } from './clocks';
import type { Presentation } from './presentation';
import { button, say } from './saying';
import { type Known, reason, sideStatus, slots, TEACHER } from './sides';

export function paused(room: Known, part: PartStatus): Presentation | null {
  if (!part.paused) return null;
  const values = slots(room, part);
  const teacher = room.you.role === 'teacher';
  return say('paused', {
    tone: 'wait',
    icon: 'person',
    headline: fill(teacher ? ROOM.paused.teacher : ROOM.paused.pupil, values),
    second: teacher ? ROOM.paused.teacher_second : '',
    buttons: teacher
      ? [button('carry_on', { do: 'carry_on', pupil: part.pupil }, true)]
      : [button('back', { do: 'check_in', pupil: part.pupil }, true)],
    spoken: ROOM.paused.spoken,
    assertive: true,
  });
}

export function platform(room: Known, part: PartStatus, now: number): Presentation | null {
  if (room.status.platform_up) return null;
  if (part.phase === 'interrupted') {
    const shown = say('interrupted_platform', {
      tone: 'ours',
      icon: 'tool',
      headline: ROOM.interrupted_platform.platform,
      second: ROOM.interrupted_platform.second,
      clock: lostClock(room, part, now),
    });
    return withChoice(room, part, shown);
  }
  if (part.clock === 'nobody') return null;
  return say('platform', { tone: 'ours', icon: 'tool', headline: MORE.platform_before });
}

function offline(room: Known): boolean {
  return room.here.lostAt > 0 && !room.here.mediaFlows;
}

/**
 * C6 opens at 5:00, and mostly while the line is still down: then the teacher chooses from here, because the state
 * "decision needed" is shown only once the line is back. Writing stays under Chat.
 */
function withChoice(room: Known, part: PartStatus, shown: Presentation): Presentation {
  if (room.you.role !== 'teacher' || part.decision !== 'open') return shown;
  const decide = button('decide', { do: 'ask_decision', pupil: part.pupil }, true);
  return { ...shown, buttons: [decide, ...shown.buttons.slice(0, 1)] };
}

export function interrupted(room: Known, part: PartStatus, now: number): Presentation | null {
  const shown = lostLine(room, part, now);
  return shown && withChoice(room, part, shown);
}

function lostLine(room: Known, part: PartStatus, now: number): Presentation | null {
  const mine = sideStatus(room.status, room.you.side ?? TEACHER);
  if (offline(room) && part.phase !== 'starting') return lostMine(room, part, now);
  if (part.phase !== 'interrupted') return null;
  const theirs = sideStatus(room.status, room.you.role === 'teacher' ? part.pupil : TEACHER);
  if (mine?.evidence === 'lost') return lostMine(room, part, now);
  if (theirs?.evidence === 'lost') return lostTheirs(room, part, now);
  const clock = lostClock(room, part, now);
  const second = ROOM.interrupted_yours.second;
  if (part.settled_at !== null && mine?.evidence === 'ready' && theirs?.evidence === 'ready') {
    return say('interrupted_theirs', {
      tone: 'good',
      icon: 'ring',
      headline: ROOM.settling.both,
      second,
      clock,
    });
  }
  return say('interrupted_platform', {
    tone: 'ours',
    icon: 'tool',
    headline: ROOM.interrupted_platform.path,
    second: ROOM.interrupted_platform.second,
    clock,
  });
}

/** Buttons come after this long: most drops mend themselves before (PAGES.md). */
export const THINGS_TO_TRY_AFTER_MS = 15_000;

function lostMine(room: Known, part: PartStatus, now: number): Presentation {
  const pupil = room.you.role === 'pupil_side';
  const counts = part.started && (part.phase === 'interrupted' || part.phase === 'live');
  const mine = sideStatus(room.status, room.you.side ?? TEACHER);
  const since = room.here.lostAt || (mine?.since ?? now);
  // The line is there, or this would not have been told; writing goes on.
  const media = !offline(room) && reason(mine) === 'media';
  const second = [
    counts ? ROOM.interrupted_yours.second : '',
    pupil ? ROOM.interrupted_yours.pupil_second : '',
  ];
  return say('interrupted_yours', {
    tone: 'wait',
    icon: 'broken',
    headline: media ? ROOM.interrupted_yours.media : ROOM.interrupted_yours.both,
    second: second.filter(Boolean).join(' '),
    clock: counts ? lostClock(room, part, now) : null,
    buttons:
      now - since >= THINGS_TO_TRY_AFTER_MS ? [button('things_to_try', { do: 'help', topic: 'media' })] : [],
    assertive: true,
  });
}

function lostTheirs(room: Known, part: PartStatus, now: number): Presentation {
  const words = ROOM.interrupted_theirs;
  const values = slots(room, part);
  const teacher = room.you.role === 'teacher';
  return say('interrupted_theirs', {
    tone: 'wait',
    icon: 'broken',
    headline: fill(teacher ? words.teacher : words.pupil, values),
    second: fill(teacher ? words.teacher_second : words.pupil_second, values),
    clock: lostClock(room, part, now),
    buttons: [button('write', { do: 'write' })],
  });
}
