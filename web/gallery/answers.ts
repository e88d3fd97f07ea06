/** Recorded answers of the server, by path. */

import type { After, Card, Case, CaseRow, Me } from '../wire/http';
import { E, OUTCOME, type Recorded, T } from './rooms';
import { WALLS } from './walls';

const SERVICE = { name: 'Northshire Music Service', phone: '01632 960123', time_zone: 'Europe/London' };
const me = (name: string, role: Me['role']): Me => ({ name, role, service: SERVICE, now: T });
export const ME = {
  teacher: me('Mrs Novakova', 'teacher'),
  family: me('Anna Meyer', 'family'),
  newcomer: me('Anna Meyer', 'family'),
  manager: me('Jo Hart', 'manager'),
  safeguarding: me('Priya Shah', 'safeguarding'),
  quiet: me('Priya Shah', 'safeguarding'),
};

const CARD: Card = {
  id: 'lesson-1',
  kind: 'individual',
  subject: 'Violin',
  teacher_name: 'Mrs Novakova',
  pupils: [{ id: 'sam', first_name: 'Sam', adult_word: 'grown-up', adult: 'stays', adult_state: 'needed' }],
  starts_at: T,
  ends_at: E,
  opens_at: T - 900_000,
  state: 'open',
  confirmed: true,
  needs: [],
};

const line = (
  minutes: number,
  what: After['timeline'][number]['what'],
  side: string | null = null,
  detail = '',
) => ({
  at: T + minutes * 60_000,
  what,
  side,
  detail,
});
const TIMELINE = [
  line(-9, 'here', 'teacher'),
  line(-4, 'here', 'sam'),
  line(-3, 'adult_in', 'sam', 'Anna Meyer'),
  line(0, 'live', 'sam'),
  line(1, 'started', 'sam'),
  line(12, 'interrupted', 'sam'),
  line(14, 'resumed', 'sam'),
  line(18, 'ended'),
];

const AFTER: After = {
  card: { ...CARD, state: 'ended' },
  results: [
    { pupil: 'sam', outcome: { ...OUTCOME, charge: 'undecided', decides: 'teacher', rule: 'early' } },
  ],
  settled: true,
  timeline: TIMELINE,
  asks_why: true,
  may_explain: true,
  asks_why_of: [],
  decisions: [],
  now: E,
};

const CASES: CaseRow[] = [
  {
    id: 'c2',
    number: 'NS-2025-0002',
    kind: 'disclosure',
    urgent: true,
    opened_at: T + 900_000,
    opened_by_you: false,
    delivered: false,
  },
  {
    id: 'c1',
    number: 'NS-2025-0001',
    kind: 'hook_end',
    urgent: false,
    opened_at: T + 600_000,
    opened_by_you: true,
    delivered: true,
  },
];

const CASE: Case = {
  id: 'c1',
  number: 'NS-2025-0001',
  kind: 'hook_end',
  opened_at: T + 600_000,
  lesson: CARD,
  people: [
    { name: 'Mrs Novakova', role: 'teacher', side: 'teacher' },
    { name: 'Anna Meyer', role: 'pupil_side', side: 'sam' },
  ],
  why: { ruling: 'end', category: 'grooming', reason: 'a wish for secrecy', reviewer: 'lexicon' },
  transcript: [
    {
      at: T + 500_000,
      author: 'Anna Meyer',
      side: 'sam',
      text: 'Is it this page?',
      state: 'delivered',
      spans: [],
      cause: false,
    },
    {
      at: T + 600_000,
      author: 'Mrs Novakova',
      side: 'teacher',
      text: 'This stays our secret, do not tell anyone.',
      state: 'ended',
      spans: [
        [15, 21],
        [23, 41],
      ],
      cause: true,
    },
  ],
  timeline: TIMELINE,
  delivered: true,
  notes: [{ at: T + 960_000, name: 'Mrs Novakova', text: 'This is the third time this month.' }],
  unchanged: true,
};

function cardsOf(who: string): Card[] {
  if (who === 'newcomer') return [];
  const later = { starts_at: T + 5_400_000, ends_at: T + 7_200_000, opens_at: T + 4_500_000 };
  const past = { starts_at: T - 86_400_000, ends_at: T - 84_600_000 };
  return [
    CARD,
    { ...CARD, ...later, id: 'l2', subject: 'Cello', state: 'early' },
    { ...CARD, ...later, id: 'l4', subject: 'Piano', state: 'early', confirmed: false },
    { ...CARD, ...past, id: 'l3', state: 'ended', needs: who === 'teacher' ? ['explain'] : [] },
  ];
}

/** What the lesson came to in a recorded room, as the page under its last sentence asks for it. */
function afterOf(recorded: Recorded | undefined): After {
  if (recorded?.closing === undefined) return AFTER;
  const outcome = { ...OUTCOME, ...recorded.outcome };
  const started = recorded.part?.started ?? outcome.rule === 'held';
  const over = line(Math.round((recorded.now - T) / 60_000), 'ended');
  return {
    ...AFTER,
    results: [{ pupil: 'sam', outcome }],
    timeline: [...TIMELINE.slice(0, started ? -1 : 3), over],
    asks_why: recorded.closing.asks_why ?? false,
    may_explain: recorded.closing.how === 'by_you',
  };
}

export function answerFrom(who: string, recorded?: Recorded): typeof fetch {
  const answers: Record<string, unknown> = {
    '/api/me': WALLS[who] ? ME.manager : (ME[who as keyof typeof ME] ?? null),
    '/api/lessons': { lessons: cardsOf(who), now: T },
    '/api/wall': WALLS[who] ?? WALLS.manager,
    '/api/lessons/lesson-1': afterOf(recorded),
    '/api/cases': { cases: CASES, now: T },
    '/api/cases/c1': CASE,
  };
  let asked = 0;
  return async (input) => {
    const path = String(input);
    if (path === '/api/me' && who === 'nobody')
      return Response.json({ code: 'signed_out', text: '' }, { status: 401 });
    if (who === 'slow') return new Promise(() => undefined);
    if (path === '/api/cases' && who === 'quiet') return Response.json({ cases: [], now: T });
    if (path === '/api/me' && who === 'broken')
      return Response.json({ code: 'failed', text: '' }, { status: 500 });
    const found = answers[path];
    if (path === '/api/wall' && who === 'stale' && asked++ > 0) return new Promise(() => undefined);
    if (found === undefined)
      return Response.json({ code: 'not_found', text: 'We cannot find that page.' }, { status: 404 });
    return Response.json(found);
  };
}
