/** Recorded walls of live lessons, by who looks. */

import type { Standing, Wall, WallTile } from '../wire/http';
import { T } from './rooms';

const MIN = 60_000;
/** Twelve minutes into the lessons. */
const NOW = T + 12 * MIN;

type Marks = [minutesAgo: number, Standing][];
const FINE: Marks = [[30, 'fine']];
const band = (marks: Marks) =>
  marks.map(([ago, standing]) => [NOW - ago * MIN, standing] as [number, Standing]);

interface Given {
  subject?: string;
  kind?: string;
  starts?: number;
  lasts?: number;
  teacher?: Marks;
  pupils?: Marks[];
  parts?: Partial<WallTile['parts'][number]>[];
  up?: boolean;
}

function tile(id: string, teacher_name: string, given: Given = {}): WallTile {
  const { subject = 'Violin', kind = 'individual', starts = 0, lasts = 30, up = true } = given;
  const pupils = given.pupils ?? [FINE];
  const parts = given.parts ?? pupils.map(() => ({}));
  return {
    id,
    teacher_name,
    subject,
    kind,
    starts_at: T + starts * MIN,
    ends_at: T + (starts + lasts) * MIN,
    at: NOW,
    platform_up: up,
    parts: parts.map((part) => ({
      phase: 'live',
      clock: null,
      clock_ms: 0,
      limit_ms: 5 * MIN,
      paused: false,
      decides: false,
      ...part,
    })),
    sides: [
      { teacher: true, band: band(given.teacher ?? FINE) },
      ...pupils.map((marks) => ({ teacher: false, band: band(marks) })),
    ],
  };
}

const FEW = [
  tile('lesson-1', 'Mrs Novakova'),
  tile('l2', 'Mr Okoro', {
    subject: 'Cello',
    pupils: [
      [
        [30, 'fine'],
        [2, 'weak'],
      ],
    ],
  }),
  tile('l3', 'Ms Patel', {
    subject: 'Piano',
    starts: 18,
    teacher: [[4, 'fine']],
    pupils: [[[9, 'lost']]],
    parts: [{ phase: 'before' }],
  }),
];

const TROUBLE = [
  tile('t1', 'Miss Okonkwo-Featherstonehaugh', {
    teacher: [
      [30, 'fine'],
      [2.45, 'lost'],
    ],
    parts: [{ phase: 'interrupted', clock: 'lost', clock_ms: 147_000 }],
  }),
  tile('t2', 'Mr Adeyemi', {
    subject: 'Clarinet',
    starts: 8,
    pupils: [
      [
        [9, 'lost'],
        [1, 'here'],
      ],
    ],
    parts: [{ phase: 'starting', clock: 'pupil', clock_ms: 240_000 }],
  }),
  tile('t3', 'Mrs Lindqvist', {
    subject: 'Guitar',
    kind: 'shared',
    pupils: [
      FINE,
      [
        [30, 'fine'],
        [3.2, 'lost'],
        [2, 'fine'],
        [0.6, 'lost'],
      ],
    ],
    parts: [{}, { phase: 'interrupted', clock: 'lost', clock_ms: 108_000 }],
  }),
  tile('t4', 'Mr Haddad', {
    subject: 'Drums',
    starts: 10,
    pupils: [
      [
        [9, 'lost'],
        [1.5, 'unknown'],
      ],
    ],
    parts: [{ phase: 'starting', clock: 'nobody', clock_ms: 90_000 }],
  }),
  tile('t5', 'Ms Brandt', { subject: 'Flute', parts: [{ paused: true }] }),
  tile('t6', 'Mr Sato', { subject: 'Trumpet', parts: [{ decides: true }] }),
  tile('t7', 'Mrs Byrne', {
    subject: 'Singing',
    up: false,
    teacher: [
      [30, 'fine'],
      [1, 'ours'],
    ],
    pupils: [
      [
        [30, 'fine'],
        [1, 'ours'],
      ],
    ],
    parts: [{ phase: 'interrupted', clock: 'lost', clock_ms: MIN }],
  }),
];

const NAMES = [
  'Mr Ali',
  'Ms Boateng',
  'Mrs Castillo',
  'Mr Dube',
  'Miss Evans',
  'Mr Fitz',
  'Ms Grau',
  'Mrs Huang',
];
const SUBJECTS = ['Violin', 'Piano', 'Flute', 'Guitar', 'Cello'];
const MANY = Array.from({ length: 32 }, (_, i) =>
  tile(`m${i}`, NAMES[i % NAMES.length] ?? '', {
    subject: SUBJECTS[i % SUBJECTS.length] ?? '',
    starts: -5 * (i % 4),
  }),
);

const wall = (tiles: WallTile[]): Wall => ({ tiles, next: null, now: NOW });

export const WALLS: Record<string, Wall> = {
  manager: wall(FEW),
  empty: { tiles: [], next: { at: T - 60 * MIN, lessons: 12 }, now: T - 90 * MIN },
  none: wall([]),
  many: wall([...MANY, ...TROUBLE.slice(0, 3)]),
  trouble: wall([...FEW, ...TROUBLE]),
  stale: wall(FEW),
};
