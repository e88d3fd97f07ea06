/** The status line of somebody who looks in: of both sides, by name, with the clocks. Pure. */

import { fill, MORE, ROOM } from '../words';
import { leftClock, lostClock, minutesLeft } from './clocks';
import type { Presentation } from './presentation';
import { say } from './saying';
import { adultWord, type Known, sideName, sideStatus, TEACHER, time } from './sides';

export function observed(room: Known, now: number): Presentation {
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
