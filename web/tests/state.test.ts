import { expect, test } from 'vitest';
import { LESSON, ROOMS, room, T } from '../gallery/rooms';
import { gone, left, serverNow, timeOfDay } from '../room/clock';
import { present } from '../room/present';
import type { Presentation } from '../room/presentation';
import { SILENT, speak } from '../room/speech';
import { EMPTY, here, reduce } from '../room/state';
import { BETTER_FOR_MS, steady, WORSE_AFTER_MS } from '../room/steady';
import type { ServerFrame, Shown, Welcome } from '../wire/types';

const WELCOME: Welcome = {
  type: 'welcome',
  you: { role: 'teacher', side: 'teacher', name: 'Mrs Novakova', epoch: 1 },
  lesson: LESSON,
  cursor: { projection: 1, n: 0 },
  resumed: false,
  now: T,
  beat_ms: 1000,
  ice_servers: [],
  ice_life_s: 0,
  relay: false,
};
const event = (n: number, shown: Shown): ServerFrame => ({ type: 'event', n, event: shown });
const message = (id: string, text: string) =>
  ({ shown: 'message', at: T, message: id, side: 'sam', author: 'Anna Meyer', text }) as const;
const held = (id: string) =>
  ({
    shown: 'held',
    at: T,
    message: id,
    side: 'sam',
    author: 'Anna Meyer',
    text: 'x',
    reason: 'a number',
    releasable: true,
    until: T,
  }) as const;

const play = (frames: ServerFrame[]) => frames.reduce((state, frame) => reduce(state, frame, 0), EMPTY);

test('an event that came before is not shown twice', () => {
  const state = play([
    WELCOME,
    event(1, message('a', 'hello')),
    event(1, message('a', 'hello')),
    event(2, message('b', 'again')),
  ]);
  expect(state.chat.map((line) => line.text)).toEqual(['hello', 'again']);
  expect(state.n).toBe(2);
});

/** A live lesson whose line was lost, and what it says each time something comes. */
function comesBack(role: 'teacher' | 'observer', flows: boolean) {
  const recorded = ROOMS[role === 'teacher' ? 'live-t' : 'watch-live'];
  const lost = ROOMS[role === 'teacher' ? 'lost-theirs-t' : 'watch-lost'];
  if (recorded === undefined || lost === undefined) throw new Error('no room');
  const before = room(recorded);
  const now = recorded.now;
  const you = before.you;
  if (you === null) throw new Error('nobody');
  let state = here(before, { link: 'reconnecting', lostAt: now - 8_000, mediaFlows: flows });
  const says = [present(state, now).state];
  state = reduce(state, { ...WELCOME, you, now, resumed: true, cursor: { projection: 1, n: state.n } }, 0);
  says.push(present(state, now).state);
  const status = room(lost).status;
  if (status === null) throw new Error('no status');
  state = reduce(state, status, 0);
  says.push(present(state, now).state);
  return says;
}

test('after a line was lost, no status of before is shown as if it were of now', () => {
  expect(comesBack('teacher', false)).toEqual([
    'interrupted_yours',
    'interrupted_yours',
    'interrupted_theirs',
  ]);
  expect(comesBack('teacher', true)).toEqual(['reconnecting', 'reconnecting', 'interrupted_theirs']);
  expect(comesBack('observer', false)).toEqual(['reconnecting', 'reconnecting', 'interrupted_theirs']);
});

test('a resumed welcome keeps what there was; another forgets it', () => {
  const before = [WELCOME, event(1, message('a', 'hello'))];
  const resumed = play([...before, { ...WELCOME, resumed: true, cursor: { projection: 1, n: 1 } }]);
  expect(resumed.chat).toHaveLength(1);
  const fresh = play([...before, WELCOME, event(1, message('a', 'hello'))]);
  expect(fresh.chat).toHaveLength(1);
  expect(play([...before, WELCOME]).chat).toHaveLength(0);
});

test('D a held message that is released moves to where everybody sees it', () => {
  const state = play([
    WELCOME,
    event(1, held('a')),
    event(2, message('b', 'later')),
    event(3, message('a', 'x')),
  ]);
  expect(state.chat.map((line) => [line.id, line.kind])).toEqual([
    ['b', 'message'],
    ['a', 'message'],
  ]);
});

test('D a held message that is not sent stays with those who saw it, marked', () => {
  const state = play([WELCOME, event(1, held('a')), event(2, { shown: 'unsent', at: T, message: 'a' })]);
  expect(state.chat[0]?.kind).toBe('unsent');
});

test('a halt and a closing both stop the media', () => {
  expect(play([WELCOME, { type: 'halt' }]).halted).toBe(true);
  expect(play([WELCOME, event(1, { shown: 'closing', at: T, how: 'neutral', asks_why: false })]).halted).toBe(
    true,
  );
});

test('times are read by the server’s clock and written as people do', () => {
  expect(serverNow({ server: 1_000, local: 50 }, 80)).toBe(1_030);
  expect(timeOfDay(T, 'Europe/London')).toBe('4:30pm');
  expect(timeOfDay(Date.UTC(2025, 6, 4, 11, 5), 'Europe/London')).toBe('12:05pm');
  expect([left(1), left(0), left(299_001), gone(59_999)]).toEqual(['0:01', '0:00', '5:00', '0:59']);
});

function shownIn(name: string): Presentation {
  const recorded = ROOMS[name];
  if (recorded === undefined) throw new Error(name);
  return present(room(recorded), recorded.now);
}

test('a worse state shows only once it has lasted 3 s: a two-second drop is never seen', () => {
  let s = steady(null, shownIn('live-t'), 0);
  s = steady(s, shownIn('lost-theirs-t'), 10_000);
  s = steady(s, shownIn('lost-theirs-t'), 10_000 + WORSE_AFTER_MS - 1);
  expect(s.shown.state).toBe('live');
  const back = steady(s, shownIn('live-t'), 13_000);
  expect(steady(back, shownIn('lost-theirs-t'), 13_500).shown.state).toBe('live');
  expect(steady(s, shownIn('lost-theirs-t'), 10_000 + WORSE_AFTER_MS).shown.state).toBe('interrupted_theirs');
});

test('a better state shows at once, and for 4 s at least', () => {
  let s = steady(null, shownIn('lost-theirs-t'), 0);
  s = steady(s, shownIn('live-t'), 1_000);
  expect(s.shown.state).toBe('live');
  s = steady(s, shownIn('lost-theirs-t'), 1_100);
  s = steady(s, shownIn('lost-theirs-t'), 1_000 + BETTER_FOR_MS - 1);
  expect(s.shown.state).toBe('live');
  expect(steady(s, shownIn('lost-theirs-t'), 1_100 + BETTER_FOR_MS).shown.state).toBe('interrupted_theirs');
});

test('an ending is shown at once', () => {
  const s = steady(steady(null, shownIn('live-p'), 0), shownIn('C3-p'), 1);
  expect(s.shown.state).toBe('ended_C3');
});

test('a clock is spoken at its start, each full minute and at 30 seconds, assertively at 1 minute of one’s own', () => {
  const recorded = ROOMS['own-clock-p'];
  if (recorded === undefined) throw new Error('no room');
  const state = room(recorded);
  let spoken = SILENT;
  const said: [string, boolean][] = [];
  for (let ms = 0; ms <= 192_000; ms += 250) {
    const next = speak(spoken, present(state, recorded.now + ms), ms);
    spoken = next.spoken;
    if (next.say !== null) said.push([next.say.text, next.say.assertive]);
  }
  expect(said[0]?.[0]).toContain('3 minutes 12 seconds left.');
  expect(said[0]?.[1]).toBe(true);
  expect(said.slice(1)).toEqual([
    ['3 minutes left.', false],
    ['2 minutes left.', false],
    ['1 minute left.', true],
    ['30 seconds left.', false],
  ]);
});

test('live is spoken once, not with every minute; weak at most once in 2 minutes', () => {
  const recorded = ROOMS['live-t'];
  if (recorded === undefined) throw new Error('no room');
  const first = speak(SILENT, present(room(recorded), recorded.now), 0);
  expect(first.say?.text).toBe('The lesson has started.');
  expect(speak(first.spoken, present(room(recorded), recorded.now + 60_000), 1).say).toBeNull();
  const weak = speak(first.spoken, shownIn('weak-theirs-t'), 10_000);
  const live = speak(weak.spoken, shownIn('live-t'), 20_000);
  expect(weak.say).not.toBeNull();
  expect(speak(live.spoken, shownIn('weak-theirs-t'), 30_000).say).toBeNull();
  expect(speak(live.spoken, shownIn('weak-theirs-t'), 131_000).say).not.toBeNull();
});
