/** What somebody who looks in reads: of both sides, by name, with the clocks; and where a picture is missing, why. Pure. */

import { fill, MORE, ROOM, WATCH, WHY } from '../words';
import { leftClock, lostClock, minutesLeft } from './clocks';
import type { Presentation } from './presentation';
import { say } from './saying';
import { adultWord, type Known, pupilName, sideName, sideStatus, TEACHER, time } from './sides';

export function observed(room: Known, now: number): Presentation {
  if (room.here.link === 'reconnecting') {
    return say('reconnecting', { tone: 'info', icon: 'dotted', headline: WATCH.line_lost });
  }
  const part = room.status.parts.find((p) => p.phase !== 'over') ?? room.status.parts[0];
  if (part === undefined) return say('before', { tone: 'quiet', icon: 'clock', headline: MORE.watch_before });
  if (part.paused) {
    const headline = fill(MORE.watch_paused, { adult: adultWord(room.lesson, part.pupil) });
    return say('paused', { tone: 'wait', icon: 'person', headline });
  }
  if (part.clock !== null) {
    const side = part.clock === 'teacher' ? TEACHER : part.pupil;
    const headline =
      part.clock === 'nobody'
        ? ROOM.nobodys_clock.unknown
        : fill(MORE.watch_waiting, { side: sideName(room.lesson, side) });
    return say(part.clock === 'nobody' ? 'nobodys_clock' : 'other_clock', {
      tone: 'wait',
      icon: 'hourglass',
      headline,
      clock: leftClock(room, part, now),
    });
  }
  switch (part.phase) {
    case 'settling':
      return say('settling', { tone: 'good', icon: 'ring', headline: MORE.watch_settling });
    case 'interrupted': {
      const lost = [TEACHER, part.pupil].find((side) => sideStatus(room.status, side)?.evidence === 'lost');
      const headline = lost
        ? fill(MORE.watch_lost, { side: sideName(room.lesson, lost) })
        : ROOM.interrupted_platform.path;
      const clock = lostClock(room, part, now);
      return say('interrupted_theirs', {
        tone: 'wait',
        icon: 'broken',
        headline,
        second: ROOM.interrupted_yours.second,
        clock,
      });
    }
    case 'live': {
      const over = now >= room.lesson.ends_at;
      const headline = over
        ? fill(ROOM.live.over, { time: time(room, room.status.closes_at) })
        : fill(ROOM.live.both, { n: minutesLeft(room, now) });
      const second = part.decision === 'open' ? MORE.watch_decision : '';
      return say(over ? 'time_over' : 'live', {
        tone: 'quiet',
        icon: 'dot',
        headline,
        second,
        spoken: headline,
      });
    }
    default:
      return say('before', { tone: 'quiet', icon: 'clock', headline: MORE.watch_before });
  }
}

/** What comes of one side, as the page has it: how its leg to the relay stands, and what was decoded lately. */
export interface Look {
  leg: 'none' | 'opening' | 'open' | 'again' | 'closed';
  picture: 'coming' | 'here' | 'gone';
  sound: 'coming' | 'here' | 'gone';
}

/** A side's name below its picture: a first name, or the teacher's. */
export function lookName(room: Known, side: string): string {
  return side === TEACHER ? room.lesson.teacher_name : pupilName(room.lesson, side);
}

/** In place of a picture: why there is none, as far as it is known. Empty where there is one. */
export function pictureMissing(room: Known, side: string, look: Look): string {
  // Our own line is lost: the server has ended our leg with it, and what we know of the side is of before.
  if (room.here.link === 'reconnecting') return WATCH.again;
  const pupil = lookName(room, side);
  const status = sideStatus(room.status, side);
  if (status !== null && !status.here) return fill(WHY.other.away, { pupil });
  // A camera that is off sends black: frames come, and are no picture.
  if (status?.reasons.includes('camera')) return fill(WHY.other.camera, { pupil });
  if (look.picture === 'here') return '';
  switch (look.leg) {
    case 'none':
      return WATCH.none;
    case 'again':
      return WATCH.again;
    case 'opening':
      return WATCH.opening;
    case 'closed':
      return '';
    case 'open':
      if (look.picture === 'coming') return WATCH.opening;
      if (status?.reasons.includes('line')) return fill(WHY.other.line, { pupil });
      return fill(look.sound === 'here' ? WATCH.no_picture : WHY.other.media, { pupil });
  }
}

/** Beside the name: the sound is missing where the picture comes. */
export function soundMissing(room: Known, side: string, look: Look): string {
  const deaf = look.leg === 'open' && look.sound === 'gone' && look.picture === 'here';
  return deaf ? fill(WATCH.no_sound, { pupil: lookName(room, side) }) : '';
}
