/** The lesson's course while nothing stops it: waiting, settling, live, and what is told meanwhile. Pure. */

import type { PartStatus } from '../wire/types';
import { fill, ROOM, sentence } from '../words';
import { asksForAdult, yesNo } from './adult';
import { lostClock, minutesLeft } from './clocks';
import type { Presentation } from './presentation';
import { button, say } from './saying';
import { type Known, otherWhy, ownWhy, pupilName, reason, sideStatus, slots, TEACHER, time } from './sides';

export function reconnecting(room: Known): Presentation | null {
  if (room.here.link !== 'reconnecting') return null;
  return say('reconnecting', { tone: 'info', icon: 'dotted', headline: ROOM.reconnecting.both });
}

export function warning(room: Known, part: PartStatus): Presentation | null {
  if (part.warned === '' || room.here.understood === part.warned) return null;
  const values = { ...slots(room, part), reason: part.warned };
  const understand = button('understand', { do: 'understood', reason: part.warned }, true);
  if (room.you.role === 'teacher') {
    return say('warning', { tone: 'info', icon: 'hand', headline: ROOM.warning.teacher });
  }
  return say('warning', {
    tone: 'wait',
    icon: 'hand',
    headline: fill(ROOM.warning.pupil, values),
    second: ROOM.warning.pupil_second,
    buttons: [understand],
  });
}

export function decision(room: Known, part: PartStatus, now: number): Presentation | null {
  if (part.decision !== 'open') return null;
  const teacher = room.you.role === 'teacher';
  const words = ROOM.decision;
  return say('decision', {
    tone: 'info',
    icon: 'fork',
    headline: teacher ? words.teacher : fill(words.pupil, slots(room, part)),
    second: teacher ? words.teacher_second : words.pupil_second,
    clock: teacher ? lostClock(room, part, now) : null,
    buttons: teacher ? [button('decide', { do: 'ask_decision', pupil: part.pupil }, true)] : [],
  });
}

export function askedBack(room: Known, part: PartStatus, now: number): Presentation | null {
  if (!part.adult_asked_back || part.adult_stays) return null;
  // From E on people need to read that time is over, and until when they may finish.
  if (now >= room.lesson.ends_at) return null;
  const values = slots(room, part);
  const teacher = room.you.role === 'teacher';
  const canCome = !teacher && room.status.can.includes('check_in');
  return say('adult_asked_back', {
    tone: 'info',
    icon: 'person',
    headline: fill(teacher ? ROOM.adult_asked_back.teacher : ROOM.adult_asked_back.pupil, values),
    buttons: canCome ? [button('they_are_here', { do: 'check_in', pupil: part.pupil }, true)] : [],
  });
}

export function weak(room: Known, part: PartStatus): Presentation | null {
  if (part.phase !== 'live') return null;
  const { weak: sides } = room.status;
  if (sides.includes(room.you.side ?? '')) {
    return say('weak_yours', {
      tone: 'wait',
      icon: 'bars',
      headline: ROOM.weak_yours.both,
      second: ROOM.weak_yours.second,
      buttons: [button('what_helps', { do: 'help', topic: 'media' })],
    });
  }
  const other = room.you.role === 'teacher' ? part.pupil : TEACHER;
  if (!sides.includes(other)) return null;
  const name = other === TEACHER ? room.lesson.teacher_name : pupilName(room.lesson, other);
  return say('weak_theirs', {
    tone: 'wait',
    icon: 'bars',
    headline: fill(ROOM.weak_theirs.both, { pupil: name }),
  });
}

/** B: both sides ready for this long, without a break. The ring fills meanwhile. */
const SETTLING_MS = 10_000;
/** Settling is told from this long before it is complete: before T it may last much longer than 10 s. */
const SETTLING_TOLD_MS = 11_000;

export function settling(room: Known, part: PartStatus, now: number): Presentation | null {
  if (part.phase !== 'settling') return null;
  if (part.settled_at !== null && part.settled_at - now > SETTLING_TOLD_MS) return null;
  const words = ROOM.settling;
  const values = slots(room, part);
  const ring = part.settled_at === null ? null : 1 - Math.max(0, part.settled_at - now) / SETTLING_MS;
  const shared = {
    tone: 'good',
    icon: 'ring',
    headline: words.both,
    ring: ring && Math.max(0, ring),
  } as const;
  if (room.you.role === 'teacher') {
    const ask = asksForAdult(room, part);
    return say('settling', {
      ...shared,
      second: ask ? fill(words.teacher_second, values) : '',
      buttons: ask ? yesNo(part) : [],
    });
  }
  const second = part.adult === 'disputed' ? fill(words.pupil_wave, values) : words.pupil_second;
  return say('settling', { ...shared, second });
}

export function before(room: Known, part: PartStatus): Presentation | null {
  if (part.phase !== 'before' && part.phase !== 'settling' && part.phase !== 'starting') return null;
  const words = ROOM.before;
  const values = { ...slots(room, part), time: time(room, room.lesson.starts_at) };
  if (room.you.role !== 'teacher') {
    const mine = sideStatus(room.status, part.pupil);
    const missing = reason(mine) === 'adult';
    return say('before', {
      tone: 'info',
      icon: 'clock',
      headline: fill(words.pupil, values),
      second: missing ? ownWhy(room, part, mine) : words.pupil_second,
      buttons: missing ? [button('fix', { do: 'check_in', pupil: part.pupil }, true)] : [],
    });
  }
  const theirs = sideStatus(room.status, part.pupil);
  const ready = theirs?.evidence === 'ready';
  const start = room.status.can.includes('start') ? [button('start', { do: 'start' }, true)] : [];
  const ask = start.length === 0 && asksForAdult(room, part);
  const second = ask
    ? fill(ROOM.settling.teacher_second, values)
    : theirs?.here
      ? otherWhy(room, part, theirs)
      : '';
  return say('before', {
    tone: 'info',
    icon: 'clock',
    headline: fill(ready ? words.teacher_ready : theirs?.here ? words.arrived : words.teacher, values),
    second,
    buttons: ask ? yesNo(part) : start,
  });
}

export function live(room: Known, part: PartStatus, now: number): Presentation | null {
  if (part.phase !== 'live') return null;
  if (now >= room.lesson.ends_at) {
    const headline = fill(ROOM.live.over, { time: time(room, room.status.closes_at) });
    return say('time_over', { tone: 'quiet', icon: 'dot', headline: sentence(headline) });
  }
  const n = minutesLeft(room, now);
  const words = n === 1 ? ROOM.live.both.replace('minutes', 'minute') : ROOM.live.both;
  return say('live', { tone: 'quiet', icon: 'dot', headline: fill(words, { n }), spoken: ROOM.live.started });
}
