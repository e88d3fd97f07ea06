/** The live wall: state in two words, trouble first, filters, bands, and an order that waits. Pure. */

import type { Standing, Wall, WallTile } from '../wire/http';
import { fill, sentence, WALL } from '../words';
import { dayOf, gone, spokenTime, timeOfDay } from './clock';

/** Asked this often, ms. */
export const ASK_MS = 2_000;
/** Older than this the page says how old it is, ms: three times asked and not answered. */
export const FRESH_MS = 6_000;
/** An answer that takes longer is given up and asked for again, ms. */
export const ANSWER_MS = 10_000;
/** What a band shows, ms. */
export const BAND_MS = 300_000;

export type StateKey = keyof typeof WALL.states;
export type Group = keyof typeof WALL.groups;
/** Of the tag; empty: none. */
export type Tone = 'stop' | 'wait' | 'ours' | 'good' | '';

/** Worst first: the order of the wall, and which of several pupils' states a lesson shows. */
const STATES: Record<StateKey, { tone: Tone; group: Group }> = {
  platform: { tone: 'ours', group: 'trouble' },
  both_lost: { tone: 'stop', group: 'trouble' },
  teacher_lost: { tone: 'stop', group: 'trouble' },
  pupil_lost: { tone: 'stop', group: 'trouble' },
  no_teacher: { tone: 'stop', group: 'trouble' },
  no_pupil: { tone: 'stop', group: 'trouble' },
  teacher_left: { tone: 'stop', group: 'trouble' },
  not_connected: { tone: 'wait', group: 'trouble' },
  paused: { tone: 'wait', group: 'trouble' },
  decision: { tone: 'wait', group: 'trouble' },
  pupil_left: { tone: 'wait', group: 'on' },
  weak: { tone: 'wait', group: 'on' },
  settling: { tone: '', group: 'on' },
  time_over: { tone: '', group: 'on' },
  live: { tone: 'good', group: 'on' },
  before: { tone: '', group: 'before' },
  over: { tone: '', group: 'on' },
};
const RANKED = Object.keys(STATES) as StateKey[];

type Part = WallTile['parts'][number];
type Side = WallTile['sides'][number];

const isAway = (standing: Standing) => standing === 'lost' || standing === 'here';
const latest = (side: Side | undefined): Standing => side?.band.at(-1)?.[1] ?? 'unknown';
const pupilsOf = (tile: WallTile) => tile.sides.filter((side) => !side.teacher);

function interrupted(teacher: Standing, pupil: Standing): StateKey {
  if (isAway(teacher)) return isAway(pupil) ? 'both_lost' : 'teacher_lost';
  if (isAway(pupil)) return 'pupil_lost';
  return teacher === 'unknown' || pupil === 'unknown' ? 'not_connected' : 'settling';
}

function live(tile: WallTile, part: Part, teacher: Standing, pupil: Standing): StateKey {
  if (isAway(teacher)) return 'teacher_left';
  if (part.paused) return 'paused';
  if (part.decides) return 'decision';
  if (isAway(pupil)) return 'pupil_left';
  if (teacher === 'weak' || pupil === 'weak') return 'weak';
  return tile.at >= tile.ends_at ? 'time_over' : 'live';
}

function stateOfPart(tile: WallTile, part: Part, pupilSide: Side | undefined): StateKey {
  const teacher = latest(tile.sides.find((side) => side.teacher));
  const pupil = latest(pupilSide);
  switch (part.phase) {
    case 'interrupted':
      return interrupted(teacher, pupil);
    case 'live':
      return live(tile, part, teacher, pupil);
    case 'starting':
      if (isAway(teacher)) return 'no_teacher';
      return part.clock === 'teacher' ? 'no_teacher' : part.clock === 'pupil' ? 'no_pupil' : 'not_connected';
    default:
      return part.phase;
  }
}

const rank = (key: StateKey) => RANKED.indexOf(key);

/** The part in the worst state; of several in the same, the first. */
function worst(tile: WallTile): { key: StateKey; part: Part | undefined } {
  if (!tile.platform_up) return { key: 'platform', part: tile.parts[0] };
  const pupils = pupilsOf(tile);
  let found: { key: StateKey; part: Part | undefined } = { key: 'over', part: undefined };
  tile.parts.forEach((part, i) => {
    const key = stateOfPart(tile, part, pupils[i]);
    if (found.part === undefined || rank(key) < rank(found.key)) found = { key, part };
  });
  return found;
}

export interface State {
  key: StateKey;
  words: string;
  tone: Tone;
  group: Group;
}

export function stateOf(tile: WallTile): State {
  const { key } = worst(tile);
  return { key, words: WALL.states[key], ...STATES[key] };
}

/** The clock that runs: its words, and how much of what it may run is gone (0 to 1). */
export function clockOf(tile: WallTile, now: number): { words: string; share: number } | null {
  const shown = worst(tile).part;
  const part = shown?.clock ? shown : tile.parts.find((one) => one.clock !== null);
  if (!part?.clock) return null;
  const ms = part.clock_ms + Math.max(0, now - tile.at);
  const words = fill(WALL.clocks[part.clock], { 'm:ss': gone(ms) });
  return { words, share: Math.min(1, ms / part.limit_ms) };
}

const MINUTE_MS = 60_000;

/** What is left of the booked time, rounded up; what it runs over, rounded down. */
export function timeLeft(tile: WallTile, now: number, zone: string): string {
  if (now < tile.starts_at) return fill(WALL.starts, { time: timeOfDay(tile.starts_at, zone) });
  if (now < tile.ends_at) {
    const n = Math.ceil((tile.ends_at - now) / MINUTE_MS);
    return n === 1 ? WALL.left_one : fill(WALL.left, { n });
  }
  const n = Math.floor((now - tile.ends_at) / MINUTE_MS);
  return n === 1 ? WALL.over_one : fill(WALL.over, { n });
}

/** Trouble first, then by start, teacher and id: the same lessons always stand in the same order. */
export function ordered(tiles: readonly WallTile[]): WallTile[] {
  return tiles
    .map((tile) => ({ tile, rank: rank(worst(tile).key) }))
    .sort(
      (a, b) =>
        a.rank - b.rank ||
        a.tile.starts_at - b.tile.starts_at ||
        a.tile.teacher_name.localeCompare(b.tile.teacher_name) ||
        (a.tile.id < b.tile.id ? -1 : 1),
    )
    .map(({ tile }) => tile);
}

/** Each empty: all. */
export interface Filter {
  teacher: string;
  state: Group | '';
  instrument: string;
}
export const EVERYTHING: Filter = { teacher: '', state: '', instrument: '' };

export function matches(tile: WallTile, filter: Filter): boolean {
  return (
    (filter.teacher === '' || tile.teacher_name === filter.teacher) &&
    (filter.instrument === '' || tile.subject === filter.instrument) &&
    (filter.state === '' || stateOf(tile).group === filter.state)
  );
}

/** What can be chosen: what is there now, and what is chosen though it no longer is. */
export function choices(found: readonly string[], chosen: string): string[] {
  const all = new Set(found);
  if (chosen !== '') all.add(chosen);
  return [...all].sort((a, b) => a.localeCompare(b));
}

/** One place on the wall. `gone`: the lesson has ended, and its place is kept for as long as the order is. */
export interface Place {
  tile: WallTile;
  gone: boolean;
}

/**
 * The places to draw. While the pointer or the focus is on a tile (`held`) nobody moves or vanishes: what is new comes
 * last, and what has ended keeps its place.
 */
export function arrange(
  before: readonly Place[],
  wanted: readonly WallTile[],
  all: readonly WallTile[],
  held: boolean,
): Place[] {
  if (!held) return wanted.map((tile) => ({ tile, gone: false }));
  const known = new Map(all.map((tile) => [tile.id, tile]));
  const kept = before.map(({ tile }) => {
    const now = known.get(tile.id);
    return now === undefined ? { tile, gone: true } : { tile: now, gone: false };
  });
  const there = new Set(before.map(({ tile }) => tile.id));
  const fresh = wanted.filter((tile) => !there.has(tile.id)).map((tile) => ({ tile, gone: false }));
  return [...kept, ...fresh];
}

/** Whether the places stand otherwise than they would by themselves. */
export function waits(places: readonly Place[], wanted: readonly WallTile[]): boolean {
  return (
    places.length !== wanted.length || places.some(({ tile }, i) => tile.id !== (wanted[i]?.id ?? undefined))
  );
}

export interface Segment {
  standing: Standing;
  /** Of the whole band, 0 to 1. */
  from: number;
  to: number;
}

/** The last five minutes up to `now`; what lies before the first mark is not known. */
export function segments(band: Side['band'], now: number): Segment[] {
  const start = now - BAND_MS;
  const marks: [number, Standing][] = [[Number.NEGATIVE_INFINITY, 'unknown'], ...band];
  const found: Segment[] = [];
  marks.forEach(([at, standing], i) => {
    const from = Math.max(at, start);
    const to = Math.min(marks[i + 1]?.[0] ?? now, now);
    const last = found.at(-1);
    if (to <= from) return;
    if (last?.standing === standing) last.to = (to - start) / BAND_MS;
    else found.push({ standing, from: (from - start) / BAND_MS, to: (to - start) / BAND_MS });
  });
  return found;
}

/** The band in words: how it is now, and how long it was otherwise. */
export function bandWords(who: string, shown: readonly Segment[]): string {
  const now = shown.at(-1)?.standing ?? 'unknown';
  const total = new Map<Standing, number>();
  for (const { standing, from, to } of shown) total.set(standing, (total.get(standing) ?? 0) + to - from);
  const parts = [...total]
    .filter(([standing, share]) => standing !== now && share * BAND_MS >= 500)
    .sort((a, b) => b[1] - a[1])
    .map(([standing, share]) =>
      fill(WALL.band_part, {
        standing: WALL.standings[standing],
        time: spokenTime(gone(Math.round(share * BAND_MS) + 500)),
      }),
    );
  const slots = { side: who, standing: WALL.standings[now] };
  if (parts.length === 0) return fill(WALL.band_all, slots);
  return fill(WALL.band_mixed, { ...slots, parts: sentence(parts.join(', ')) });
}

/** Whose bands a tile has, named without a name. */
export function bandsOf(tile: WallTile): { who: string; band: Side['band'] }[] {
  const several = pupilsOf(tile).length > 1;
  let n = 0;
  return tile.sides.map(({ teacher, band }) => {
    if (teacher) return { who: WALL.teacher, band };
    n += 1;
    return { who: several ? fill(WALL.pupil_of, { n }) : WALL.pupil, band };
  });
}

export function countWords(tiles: readonly WallTile[]): string {
  const m = tiles.filter((tile) => stateOf(tile).group === 'trouble').length;
  return fill(tiles.length === 1 ? WALL.count_one : WALL.count, { n: tiles.length, m });
}

export function noneWords(wall: Wall, zone: string): string {
  if (wall.next === null) return WALL.none;
  const { at, lessons } = wall.next;
  const day = dayOf(at, zone);
  const time = day === dayOf(wall.now, zone) ? timeOfDay(at, zone) : `${day} at ${timeOfDay(at, zone)}`;
  return fill(lessons === 1 ? WALL.next_one : WALL.next, { time, n: lessons });
}

/** Null while the view is fresh. */
export function staleWords(ageMs: number): string | null {
  return ageMs < FRESH_MS ? null : fill(WALL.stale, { n: Math.floor(ageMs / 1_000) });
}
