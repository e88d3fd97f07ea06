/** The live wall's pure part: states, order, filters, an order that waits, bands in words, age. */

import { readFileSync } from 'node:fs';
import { expect, test } from 'vitest';
import {
  arrange,
  BAND_MS,
  bandsOf,
  bandWords,
  choices,
  clockOf,
  countWords,
  EVERYTHING,
  FRESH_MS,
  matches,
  noneWords,
  ordered,
  type Place,
  segments,
  staleWords,
  stateOf,
  timeLeft,
  waits,
} from '../room/wall';
import type { Standing, WallTile } from '../wire/http';
import { KINDS, WALL } from '../words';

const T = 1_741_105_800_000; // Tuesday 4 March 2025, 4:30pm in London
const MIN = 60_000;
const ZONE = 'Europe/London';
const PART = {
  phase: 'live',
  clock: null,
  clock_ms: 0,
  limit_ms: 300_000,
  paused: false,
  decides: false,
} as const;

type Part = WallTile['parts'][number];

function tile(id: string, more: Partial<WallTile> = {}, part: Partial<Part> = {}): WallTile {
  const fine: [number, Standing][] = [[T - 20 * MIN, 'fine']];
  return {
    id,
    teacher_name: 'Mrs Novakova',
    subject: 'Violin',
    kind: 'individual',
    starts_at: T,
    ends_at: T + 30 * MIN,
    at: T + 10 * MIN,
    platform_up: true,
    parts: [{ ...PART, ...part }],
    sides: [
      { teacher: true, band: fine },
      { teacher: false, band: fine },
    ],
    ...more,
  };
}

const sides = (teacher: Standing, ...pupils: Standing[]): WallTile['sides'] => [
  { teacher: true, band: [[T, teacher]] },
  ...pupils.map((standing) => ({ teacher: false, band: [[T, standing]] as [number, Standing][] })),
];

test.each([
  ['live', tile('a')],
  ['time_over', tile('a', { at: T + 31 * MIN })],
  ['weak', tile('a', { sides: sides('fine', 'weak') })],
  ['weak', tile('a', { sides: sides('weak', 'fine') })],
  ['pupil_left', tile('a', { sides: sides('fine', 'lost') })],
  ['teacher_left', tile('a', { sides: sides('lost', 'fine') })],
  ['paused', tile('a', {}, { paused: true })],
  ['decision', tile('a', {}, { decides: true })],
  ['teacher_lost', tile('a', { sides: sides('lost', 'fine') }, { phase: 'interrupted', clock: 'lost' })],
  ['pupil_lost', tile('a', { sides: sides('fine', 'here') }, { phase: 'interrupted', clock: 'lost' })],
  ['both_lost', tile('a', { sides: sides('lost', 'lost') }, { phase: 'interrupted', clock: 'lost' })],
  ['not_connected', tile('a', { sides: sides('fine', 'unknown') }, { phase: 'interrupted', clock: 'lost' })],
  ['settling', tile('a', { sides: sides('fine', 'weak') }, { phase: 'interrupted', clock: 'lost' })],
  ['no_teacher', tile('a', {}, { phase: 'starting', clock: 'teacher' })],
  ['no_pupil', tile('a', {}, { phase: 'starting', clock: 'pupil' })],
  ['no_teacher', tile('a', { sides: sides('lost', 'fine') }, { phase: 'starting', clock: 'pupil' })],
  ['not_connected', tile('a', {}, { phase: 'starting', clock: 'nobody' })],
  ['settling', tile('a', {}, { phase: 'settling' })],
  ['before', tile('a', {}, { phase: 'before' })],
  ['over', tile('a', {}, { phase: 'over' })],
  ['platform', tile('a', { platform_up: false })],
] as const)('a lesson reads as %s', (key, shown) => {
  expect(stateOf(shown).key).toBe(key);
});

test('each state is two words, and no two read alike', () => {
  const words = Object.values(WALL.states);
  for (const text of [...words, WALL.gone]) expect(text.split(' ')).toHaveLength(2);
  expect(new Set(words).size).toBe(words.length);
});

test('of several pupils the worst is shown, with that pupil’s clock', () => {
  const waiting: Part = { ...PART, phase: 'starting', clock: 'pupil', clock_ms: 65_000 };
  const shared = tile('a', { parts: [PART, waiting], sides: sides('fine', 'fine', 'lost') });
  expect(stateOf(shared).words).toBe('Awaiting pupil');
  expect(clockOf(shared, shared.at)?.words).toBe("Pupil's clock 1:05");
});

test('a clock goes on from where it stood, and its ring is full at the limit', () => {
  const lost = tile(
    'a',
    { sides: sides('lost', 'fine') },
    { phase: 'interrupted', clock: 'lost', clock_ms: 148_000 },
  );
  expect(clockOf(lost, lost.at + 2_000)).toEqual({ words: 'Time lost 2:30', share: 0.5 });
  expect(clockOf(lost, lost.at + 9 * MIN)?.share).toBe(1);
  expect(clockOf(lost, lost.at - 5_000)?.words).toBe('Time lost 2:28');
  expect(clockOf(tile('a'), T)).toBeNull();
});

test('what is left is rounded up, what is over is rounded down', () => {
  const shown = tile('a');
  expect(timeLeft(shown, T - 1, ZONE)).toBe('Starts at 4:30pm');
  expect(timeLeft(shown, T, ZONE)).toBe('30 minutes left');
  expect(timeLeft(shown, T + 28 * MIN + 1, ZONE)).toBe('2 minutes left');
  expect(timeLeft(shown, T + 29.5 * MIN, ZONE)).toBe('1 minute left');
  expect(timeLeft(shown, T + 30 * MIN, ZONE)).toBe('0 minutes over');
  expect(timeLeft(shown, T + 31.9 * MIN, ZONE)).toBe('1 minute over');
});

test('trouble comes first, then what started first, then by teacher; the same each time', () => {
  const tiles = [
    tile('d', { teacher_name: 'Zoe' }),
    tile('c', { teacher_name: 'Adam' }),
    tile('e', {}, { phase: 'before' }),
    tile('b', { sides: sides('fine', 'weak') }),
    tile('f', { teacher_name: 'Adam', starts_at: T - MIN }),
    tile('a', {}, { phase: 'starting', clock: 'pupil' }),
    tile('g', { platform_up: false }),
  ];
  const order = ['g', 'a', 'b', 'f', 'c', 'd', 'e'];
  expect(ordered(tiles).map((one) => one.id)).toEqual(order);
  expect(ordered([...tiles].reverse()).map((one) => one.id)).toEqual(order);
});

test('filters by teacher, state and instrument, together', () => {
  const cello = tile('a', { subject: 'Cello' }, { phase: 'starting', clock: 'pupil' });
  expect(matches(cello, EVERYTHING)).toBe(true);
  expect(matches(cello, { teacher: 'Mrs Novakova', state: 'trouble', instrument: 'Cello' })).toBe(true);
  expect(matches(cello, { ...EVERYTHING, teacher: 'Mr Okoro' })).toBe(false);
  expect(matches(cello, { ...EVERYTHING, state: 'on' })).toBe(false);
  expect(matches(cello, { ...EVERYTHING, instrument: 'Violin' })).toBe(false);
  expect(choices(['B', 'A', 'B'], 'C')).toEqual(['A', 'B', 'C']);
  expect(choices(['B'], '')).toEqual(['B']);
});

const idsOf = (places: readonly Place[]) => places.map((place) => `${place.tile.id}${place.gone ? '!' : ''}`);

test('under the pointer or focus nobody moves: the new come last, the ended keep their place', () => {
  const [a, b, c, d] = ['a', 'b', 'c', 'd'].map((id) => tile(id)) as [WallTile, WallTile, WallTile, WallTile];
  const first = arrange([], [a, b, c], [a, b, c], false);
  const troubled = tile('c', {}, { phase: 'starting', clock: 'pupil' });
  const wanted = [troubled, d, a];
  const held = arrange(first, wanted, wanted, true);
  expect(idsOf(held)).toEqual(['a', 'b!', 'c', 'd']);
  expect(held[2]?.tile).toBe(troubled);
  expect(waits(held, wanted)).toBe(true);
  expect(idsOf(arrange(held, wanted, wanted, true))).toEqual(['a', 'b!', 'c', 'd']);
  const released = arrange(held, wanted, wanted, false);
  expect(idsOf(released)).toEqual(['c', 'd', 'a']);
  expect(waits(released, wanted)).toBe(false);
});

test('one that no longer fits the filter stays while it is held, and has not ended', () => {
  const a = tile('a');
  expect(idsOf(arrange([{ tile: a, gone: false }], [], [a], true))).toEqual(['a']);
});

test('a band ends now, begins not known, and is cut at five minutes', () => {
  const now = T + 20 * MIN;
  expect(segments([], now)).toEqual([{ standing: 'unknown', from: 0, to: 1 }]);
  expect(segments([[T, 'fine']], now)).toEqual([{ standing: 'fine', from: 0, to: 1 }]);
  const band: [number, Standing][] = [
    [now - 2.5 * MIN, 'fine'],
    [now - MIN, 'lost'],
  ];
  expect(segments(band, now)).toEqual([
    { standing: 'unknown', from: 0, to: 0.5 },
    { standing: 'fine', from: 0.5, to: 0.8 },
    { standing: 'lost', from: 0.8, to: 1 },
  ]);
  const ahead = segments([...band, [now + 500, 'fine']], now);
  expect(ahead.at(-1)?.standing).toBe('lost');
});

test('segments are whole and in order, whatever the marks', () => {
  const all: Standing[] = ['fine', 'weak', 'here', 'lost', 'unknown', 'ours'];
  let seed = 7;
  const draw = (n: number) => {
    seed = (seed * 48_271) % 2_147_483_647;
    return seed % n;
  };
  for (let round = 0; round < 300; round++) {
    const now = T + 20 * MIN;
    const times = Array.from({ length: draw(12) }, () => now - draw(2 * BAND_MS)).sort((x, y) => x - y);
    const shown = segments(
      times.map((at) => [at, all[draw(all.length)] as Standing]),
      now,
    );
    expect(shown[0]?.from).toBe(0);
    expect(shown.at(-1)?.to).toBe(1);
    shown.forEach((one, i) => {
      expect(one.to).toBeGreaterThan(one.from);
      if (i > 0) expect(one.from).toBe(shown[i - 1]?.to);
      if (i > 0) expect(one.standing).not.toBe(shown[i - 1]?.standing);
    });
  }
});

test('a band in words: now, then how long otherwise, longest first', () => {
  const now = T + 20 * MIN;
  expect(bandWords('Teacher', segments([[T, 'fine']], now))).toBe('Teacher, last 5 minutes: fine.');
  const band: [number, Standing][] = [
    [T, 'fine'],
    [now - 3 * MIN, 'lost'],
    [now - 110_000, 'weak'],
    [now - 90_000, 'fine'],
  ];
  expect(bandWords('Pupil', segments(band, now))).toBe(
    'Pupil, last 5 minutes: fine now. Not there for 1 minute 10 seconds, weak for 20 seconds.',
  );
});

test('sides are named without a name', () => {
  expect(bandsOf(tile('a')).map((one) => one.who)).toEqual(['Teacher', 'Pupil']);
  const shared = tile('a', { sides: sides('fine', 'fine', 'lost') });
  expect(bandsOf(shared).map((one) => one.who)).toEqual(['Teacher', 'Pupil 1', 'Pupil 2']);
});

test('the line above: how many, how many in trouble, and what comes next', () => {
  expect(countWords([tile('a'), tile('b', { platform_up: false })])).toBe('2 lessons, 1 in trouble.');
  expect(countWords([tile('a')])).toBe('1 lesson, 0 in trouble.');
  const none = (next: { at: number; lessons: number } | null) =>
    noneWords({ tiles: [], next, now: T - MIN }, ZONE);
  expect(none(null)).toBe('No lessons now.');
  expect(none({ at: T - 60 * MIN, lessons: 12 })).toBe('No lessons now. Next: 3:30pm, 12 lessons.');
  expect(none({ at: T, lessons: 1 })).toBe('No lessons now. Next: 4:30pm, 1 lesson.');
  expect(none({ at: T + 1_440 * MIN, lessons: 2 })).toBe(
    'No lessons now. Next: Wednesday 5 March at 4:30pm, 2 lessons.',
  );
});

test('the page says how old it is once three questions went unanswered', () => {
  expect(staleWords(FRESH_MS - 1)).toBeNull();
  expect(staleWords(20_400)).toBe('This view is 20 seconds old. Reconnecting.');
});

const DOC = readFileSync(new URL('../../docs/pages.md', import.meta.url), 'utf8');

test('the wall’s sentences are the table’s, both ways', () => {
  const part = DOC.split('## The live wall')[1]?.split('\n## ')[0] ?? '';
  const there = new Set([...part.matchAll(/"([^"]+)"/g)].map((found) => found[1]));
  const all = (value: unknown): string[] =>
    typeof value === 'string' ? [value] : Object.values(value as object).flatMap(all);
  expect(new Set([...all(WALL), ...all(KINDS)])).toEqual(there);
});
