/** The endings in words. Only what the closing says is told: no more (D3, D9, A3). Pure. */

import type { Outcome, PartStatus } from '../wire/types';
import { fill, MORE, ROOM } from '../words';
import { minutes, outcomeWords } from './outcome';
import type { Button, Presentation, StateKey } from './presentation';
import { button, say } from './saying';
import { type Known, slots, time } from './sides';

interface Ending {
  headline: string;
  second?: string;
  note?: boolean;
  next?: boolean;
  ours?: boolean;
}

export function ended(room: Known): Presentation | null {
  const { closing } = room;
  if (closing === null) return null;
  if (room.you.role === 'observer') return over('ended_watch', { headline: MORE.watch_over });
  const part = room.status.parts[0];
  if (part === undefined) return over('ended_neutral', { headline: ROOM.ended_by_you.closing });
  const teacher = room.you.role === 'teacher';
  const outcome = room.results[part.pupil] ?? part.outcome;
  switch (closing.how) {
    case 'neutral':
      return over('ended_neutral', { headline: ROOM.ended_by_you.closing, next: true });
    case 'by_you':
      return over('ended_by_you', {
        headline: fill(ROOM.ended_by_you.teacher, { time: time(room, closing.at) }),
        second: closing.asks_why && stillAsks(outcome) ? ROOM.ended_by_you.teacher_second : '',
        next: true,
      });
    case 'flagged':
      return over('ended_flagged', { headline: ROOM.ended_flagged.teacher, note: true });
    case 'C2':
      return endedC2(room, part, teacher);
    case 'C3':
      return endedC3(room, part, teacher, outcome);
    case 'C7':
      return endedC7(room, teacher);
    case 'decision':
      return over('ended_decision', { ...decided(room, teacher, outcome), next: true });
    case 'time':
      return over('ended_time', { headline: timeUp(teacher, part, outcome), next: true });
  }
}

/** The question stands until the outcome is settled without an answer, or by one. */
function stillAsks(outcome: Outcome | null): boolean {
  return outcome === null || (outcome.charge === 'undecided' && outcome.decides === 'teacher');
}

function over(state: StateKey, ending: Ending): Presentation {
  const buttons: Button[] = [];
  if (ending.note) buttons.push(button('note', { do: 'note' }));
  if (ending.next) buttons.push(button('next', { do: 'go', path: '/#next' }, true));
  if (buttons.length < 2) buttons.push(button('home', { do: 'go', path: '/' }, !ending.next));
  const known = state.startsWith('ended_C') || state === 'ended_decision' || state === 'ended_time';
  return say(state, {
    tone: ending.ours ? 'ours' : 'info',
    icon: known ? 'calendar' : 'check',
    headline: ending.headline,
    second: ending.second ?? '',
    buttons,
    spoken: ROOM.ended_by_you.spoken,
    assertive: true,
  });
}

function endedC2(room: Known, part: PartStatus, teacher: boolean): Presentation {
  const words = ROOM.ended_C2;
  const values = slots(room, part);
  return over('ended_C2', {
    headline: fill(teacher ? words.teacher : words.pupil, values),
    second: fill(teacher ? words.teacher_second : words.pupil_second, values),
    note: teacher,
  });
}

/** The charge is told once it is settled: until then only that the lesson did not start. */
function endedC3(room: Known, part: PartStatus, teacher: boolean, outcome: Outcome | null): Presentation {
  const words = ROOM.ended_C3;
  const spared = ROOM.ended_C3_protected;
  const values = slots(room, part);
  const state = outcome?.protected ? 'ended_C3_protected' : 'ended_C3';
  if (teacher) {
    const second = outcome === null ? '' : outcome.protected ? spared.teacher_second : words.teacher_second;
    return over(state, { headline: fill(words.teacher, values), second, note: true });
  }
  if (outcome === null) return over(state, { headline: spared.pupil });
  return over(state, {
    headline: outcome.protected ? spared.pupil : words.pupil,
    second: fill(outcome.protected ? spared.pupil_second : words.pupil_second, values),
  });
}

function endedC7(room: Known, teacher: boolean): Presentation {
  const words = ROOM.ended_C7;
  const ours = room.timeline.some(
    (line) => line.what === 'platform_down' && line.at >= room.lesson.starts_at,
  );
  const headline = ours
    ? words.both.replace(". It was nobody's fault.", ` ${words.platform.slice(2)}`)
    : words.both;
  return over('ended_C7', { headline, second: words.second, ours: true, note: teacher });
}

function decided(room: Known, teacher: boolean, outcome: Outcome | null): Ending {
  const words = ROOM.ended_time;
  if (!teacher) {
    const second = outcome === null ? '' : outcomeWords(outcome, room.lesson.teacher_name).text;
    return { headline: words.pupil_stopped, second };
  }
  const owed = outcome?.minutes_owed ?? 0;
  if (owed === 0) return { headline: words.teacher_stopped };
  const start = words.teacher_stopped.replace('no charge.', '').trim();
  return { headline: `${start} ${fill(words.teacher_owed.slice(2), { n: owed })}` };
}

function timeUp(teacher: boolean, part: PartStatus, outcome: Outcome | null): string {
  if (!teacher) return ROOM.ended_time.pupil;
  return fill(ROOM.ended_time.teacher, { n: minutes(outcome?.live_ms ?? part.live_ms) });
}
