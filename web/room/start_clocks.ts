/** The three start clocks in words. Pure. */

import type { PartStatus } from '../wire/types';
import { fill, MORE, ROOM, sentence } from '../words';
import { asksForAdult, yesNo } from './adult';
import { actsAt, leftClock, waitedClock } from './clocks';
import type { Button, HelpTopic, Presentation } from './presentation';
import { button, say } from './saying';
import { type Known, otherWhy, ownWhy, type Reason, reason, sideStatus, slots, TEACHER, time } from './sides';

/** The last two sentences of a clock, without the consequence where the kind of lesson has no charge (L1). */
function consequence(room: Known, part: PartStatus, words: string, why: string): string {
  const values = { ...slots(room, part), why, time: time(room, actsAt(room, part)) };
  return (room.lesson.charged ? fill(words, values) : why).trim();
}

const TOPICS: Record<Reason, HelpTopic> = {
  adult: 'adult',
  camera: 'camera',
  microphone: 'microphone',
  media: 'media',
  line: 'media',
  away: 'media',
};

/** **Help me fix it** leads to the right place: for a missing adult that is the check-in. */
function fix(part: PartStatus, code: Reason | null): Button {
  if (code === 'adult') return button('fix', { do: 'check_in', pupil: part.pupil }, true);
  return button('fix', { do: 'help', topic: code === null ? 'media' : TOPICS[code] }, true);
}

function mine(room: Known) {
  return sideStatus(room.status, room.you.side ?? TEACHER);
}

export function ownClock(room: Known, part: PartStatus, now: number): Presentation | null {
  const teacher = room.you.role === 'teacher';
  if (part.clock !== (teacher ? 'teacher' : 'pupil') || part.kept_waiting) return null;
  const side = mine(room);
  const code = reason(side);
  return say('own_clock', {
    tone: 'wait',
    icon: 'tool',
    headline: ROOM.own_clock.both,
    second: consequence(room, part, ownWords(teacher, part, code), ownWhy(room, part, side)),
    clock: leftClock(room, part, now),
    buttons: [fix(part, code), button('write', { do: 'write' })],
    assertive: true,
  });
}

function ownWords(teacher: boolean, part: PartStatus, code: Reason | null): string {
  if (teacher) return ROOM.own_clock.teacher_second;
  let words: string = ROOM.own_clock.pupil_second;
  // A teacher sees nothing of somebody whose line is gone.
  if (code === 'line') words = words.replace('{teacher} can see that you are trying and may ring you. ', '');
  if (part.protected) {
    words = words.replace(
      'this counts as a missed lesson and is charged.',
      ROOM.own_clock.pupil_protected.slice(2),
    );
  }
  return words;
}

export function otherClock(room: Known, part: PartStatus, now: number): Presentation | null {
  const teacher = room.you.role === 'teacher';
  if (part.clock !== (teacher ? 'pupil' : 'teacher') || part.kept_waiting) return null;
  return teacher ? waitingForPupil(room, part, now) : waitingForTeacher(room, part, now);
}

function waitingForPupil(room: Known, part: PartStatus, now: number): Presentation {
  const side = sideStatus(room.status, part.pupil);
  const words = part.protected ? MORE.by_then_protected : ROOM.other_clock.teacher_second;
  const ask = asksForAdult(room, part);
  const why = ask ? fill(ROOM.settling.teacher_second, slots(room, part)) : otherWhy(room, part, side);
  const keep = room.status.can.includes('keep_waiting');
  return say('other_clock', {
    tone: 'wait',
    icon: 'hourglass',
    headline: fill(ROOM.other_clock.teacher, slots(room, part)),
    second: consequence(room, part, words, why),
    clock: leftClock(room, part, now),
    buttons: ask
      ? yesNo(part)
      : [keep ? button('keep_waiting', { do: 'keep_waiting' }, true) : button('write', { do: 'write' })],
  });
}

function waitingForTeacher(room: Known, part: PartStatus, now: number): Presentation {
  const own = mine(room);
  const ready = own?.evidence === 'ready';
  const words = ROOM.other_clock;
  const code = reason(own);
  const shared = { tone: 'wait', icon: 'hourglass', clock: leftClock(room, part, now) } as const;
  if (ready) {
    const why = otherWhy(room, part, sideStatus(room.status, TEACHER));
    return say('other_clock', {
      ...shared,
      headline: fill(words.pupil, slots(room, part)),
      second: consequence(room, part, words.pupil_second, why),
      buttons: [button('write', { do: 'write' })],
    });
  }
  return say('other_clock', {
    ...shared,
    headline: fill(words.pupil_both, slots(room, part)),
    second: ownWhy(room, part, own),
    buttons:
      code === null
        ? [button('write', { do: 'write' })]
        : [fix(part, code), button('write', { do: 'write' })],
  });
}

export function keptWaiting(room: Known, part: PartStatus, now: number): Presentation | null {
  if (!part.kept_waiting || part.clock !== 'pupil') return null;
  const words = ROOM.kept_waiting;
  const values = { ...slots(room, part), time: time(room, room.lesson.ends_at) };
  if (room.you.role === 'teacher') {
    const missed = room.status.can.includes('end_as_missed');
    return say('kept_waiting', {
      tone: 'wait',
      icon: 'hourglass',
      headline: words.teacher,
      second: fill(words.teacher_second, values),
      clock: waitedClock(room, part, now),
      buttons: [
        button('write', { do: 'write' }),
        ...(missed ? [button('record_missed', { do: 'ask_missed' })] : []),
      ],
    });
  }
  const own = mine(room);
  return say('kept_waiting', {
    tone: 'wait',
    icon: 'hourglass',
    headline: sentence(fill(words.pupil, values)),
    second: ownWhy(room, part, own),
    buttons: [fix(part, reason(own))],
  });
}

export function nobodysClock(room: Known, part: PartStatus, now: number): Presentation | null {
  if (part.clock !== 'nobody') return null;
  const words = ROOM.nobodys_clock;
  const down = !room.status.platform_up;
  const path = room.status.sides.some((side) => side.reasons.includes('path'));
  const disputed = part.adult === 'disputed' || part.adult === 'by_sight';
  const teacher = room.you.role === 'teacher';
  let why: string | null = null;
  if (disputed && !down) why = teacher ? ROOM.settling.teacher_second : ROOM.settling.pupil_wave;
  const second = consequence(
    room,
    part,
    `{why} ${words.second}`,
    why === null ? '' : fill(why, slots(room, part)),
  );
  return say('nobodys_clock', {
    tone: down ? 'ours' : 'info',
    icon: down ? 'tool' : 'dotted',
    headline: down ? words.platform : path ? words.path : words.unknown,
    second,
    clock: leftClock(room, part, now),
    buttons: teacher && disputed && asksForAdult(room, part) ? yesNo(part) : [],
  });
}
