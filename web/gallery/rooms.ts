/** Recorded rooms: every state of the room, for pictures and for tests. */

import type { LegState } from '../media/leg';
import { HERE, type Here, type RoomState } from '../room/state';
import type { Can, Closing, Happened, Outcome, PartStatus, SideStatus, StatusFrame } from '../wire/types';

/** Tuesday 4 March 2025, 4:30pm in London. */
export const T = Date.UTC(2025, 2, 4, 16, 30);
export const E = T + 30 * 60_000;
const MIN = 60_000;

export const LESSON: NonNullable<RoomState['lesson']> = {
  id: 'lesson-1',
  kind: 'individual',
  charged: true,
  subject: 'Violin',
  teacher_name: 'Mrs Novakova',
  pupils: [{ id: 'sam', first_name: 'Sam', adult_word: 'grown-up' }],
  starts_at: T,
  ends_at: E,
  start_limit_ms: 300_000,
  keep_waiting_from_ms: 240_000,
  interrupted_limit_ms: 300_000,
  near_end_ms: 300_000,
  time_zone: 'Europe/London',
};

/** The longest names that we have met. */
export const LONG: Partial<NonNullable<RoomState['lesson']>> = {
  subject: 'Double bass',
  teacher_name: 'Mr Featherstonehaugh-Cholmondeley',
  pupils: [{ id: 'sam', first_name: 'Maximilian-Alexander', adult_word: 'grown-up' }],
};

const NO_CLOCKS = { teacher: 0, pupil: 0, nobody: 0 };

export const PART: PartStatus = {
  pupil: 'sam',
  phase: 'live',
  clock: null,
  clocks: NO_CLOCKS,
  acts_at: null,
  settled_at: null,
  live_ms: 0,
  interrupted_ms: 0,
  started: false,
  protected: false,
  kept_waiting: false,
  decision: '',
  owed_carry_over: 0,
  owed_teach_on: 0,
  adult: 'in',
  adult_stays: true,
  adult_name: 'Anna Meyer',
  paused: false,
  adult_asked_back: false,
  warned: '',
  outcome: null,
};

export const OUTCOME: Outcome = {
  rule: 'held',
  charge: 'charged',
  reschedule: false,
  minutes_owed: 0,
  protected: false,
  decides: '',
  clocks: NO_CLOCKS,
  live_ms: 30 * MIN,
  interrupted_ms: 0,
  overruled: false,
};

export const READY: Pick<SideStatus, 'evidence' | 'here' | 'reasons'> = {
  evidence: 'ready',
  here: true,
  reasons: [],
};
export const AWAY: Pick<SideStatus, 'evidence' | 'here' | 'reasons'> = {
  evidence: 'lost',
  here: false,
  reasons: ['away'],
};
export const lost = (...reasons: string[]) => ({ evidence: 'lost' as const, here: true, reasons });
export const UNKNOWN: Partial<SideStatus> = { evidence: 'unknown', here: true, reasons: [] };

const TEACHER_CAN: Can[] = ['say', 'end', 'warn', 'leave', 'cannot_see', 'adult_out', 'flag'];
const PUPIL_CAN: Can[] = ['say', 'leave', 'cannot_see', 'adult_out'];

export interface Recorded {
  role: 'teacher' | 'pupil_side' | 'observer';
  now: number;
  part?: Partial<PartStatus>;
  teacher?: Partial<SideStatus>;
  sam?: Partial<SideStatus>;
  status?: Partial<StatusFrame>;
  here?: Partial<Here>;
  can?: Can[];
  closing?: Pick<Closing, 'how'> & Partial<Closing>;
  outcome?: Partial<Outcome>;
  timeline?: Happened[];
  state?: Partial<RoomState>;
  lesson?: Partial<NonNullable<RoomState['lesson']>>;
  /** An observer's leg to the relay; without it, none is there. */
  leg?: LegState;
}

export function room(recorded: Recorded): RoomState {
  const { role, now } = recorded;
  const part = { ...PART, ...recorded.part };
  const side = (name: string, given: Partial<SideStatus> = {}): SideStatus => ({
    side: name,
    since: now - 10_000,
    ...READY,
    ...given,
    reasons: [...(given.reasons ?? [])],
  });
  const status: StatusFrame = {
    type: 'status',
    now,
    platform_up: true,
    parts: [part],
    sides: [side('teacher', recorded.teacher), side('sam', recorded.sam)],
    weak: [],
    sounds: [
      { side: 'teacher', sound: 'music', turn: 0 },
      { side: 'sam', sound: 'talking', turn: 0 },
    ],
    closes_at: E + 600_000,
    phase: recorded.closing ? 'ended' : 'open',
    settled: recorded.outcome !== undefined,
    can: [
      ...(role === 'teacher' ? TEACHER_CAN : role === 'observer' ? (['end'] as Can[]) : PUPIL_CAN),
      ...(recorded.can ?? []),
    ],
    ...recorded.status,
  };
  const names = { teacher: 'Mrs Novakova', pupil_side: 'Anna Meyer', observer: 'Jo Hart' };
  const sides = { teacher: 'teacher', pupil_side: 'sam', observer: null };
  return {
    you: { role, side: sides[role], name: names[role], epoch: 1 },
    lesson: { ...LESSON, ...recorded.lesson },
    sight: { server: now, local: 0 },
    status,
    peers: [],
    chat: [],
    timeline: recorded.timeline ?? [],
    closing: recorded.closing ? { shown: 'closing', at: now, asks_why: false, ...recorded.closing } : null,
    results: recorded.outcome ? { sam: { ...OUTCOME, ...recorded.outcome } } : {},
    halted: recorded.closing !== undefined,
    n: 9,
    here: { ...HERE, link: 'open', camera: 'on', microphone: 'on', mediaFlows: true, ...recorded.here },
    ...recorded.state,
  };
}

const starting = (clock: 'teacher' | 'pupil' | 'nobody', ms: number, now: number): Partial<PartStatus> => ({
  phase: 'starting',
  clock,
  clocks: { ...NO_CLOCKS, [clock]: ms },
  acts_at: now + 300_000 - ms,
});
const STARTED = { started: true, live_ms: 8 * MIN };
const at = (minutes: number) => T + minutes * MIN;

/** Two pupils: a part, a side and a tile for each. */
function shared(now: number, sam: Part2, mia: Part2): Pick<Recorded, 'lesson' | 'status' | 'now'> {
  const side = (name: string, given: Partial<SideStatus> = {}): SideStatus => ({
    side: name,
    since: now - 10_000,
    ...READY,
    ...given,
    reasons: [...(given.reasons ?? [])],
  });
  return {
    now,
    lesson: {
      kind: 'shared',
      pupils: [
        { id: 'sam', first_name: 'Sam', adult_word: 'grown-up' },
        { id: 'mia', first_name: 'Mia', adult_word: 'adult' },
      ],
    },
    status: {
      parts: [
        { ...PART, ...sam.part },
        { ...PART, adult_stays: false, adult_name: 'Ola Berg', ...mia.part, pupil: 'mia' },
      ],
      sides: [side('teacher'), side('sam', sam.side), side('mia', mia.side)],
    },
  };
}
interface Part2 {
  part: Partial<PartStatus>;
  side?: Partial<SideStatus>;
}

/** By name; `-t` is the teacher's side, `-p` the pupil's. */
export const ROOMS: Record<string, Recorded> = {
  'before-t': { role: 'teacher', now: at(-10), part: { phase: 'before', adult: 'needed' }, sam: AWAY },
  'before-ready-t': {
    role: 'teacher',
    now: at(-3),
    part: { phase: 'settling', settled_at: T },
    can: ['start'],
  },
  'before-p': { role: 'pupil_side', now: at(-10), part: { phase: 'before' }, teacher: AWAY },
  'before-adult-p': {
    role: 'pupil_side',
    now: at(-10),
    part: { phase: 'before', adult: 'needed' },
    teacher: AWAY,
    sam: lost('adult'),
    can: ['check_in'],
  },
  'other-clock-t': {
    role: 'teacher',
    now: at(2),
    part: starting('pupil', 108_000, at(2)),
    sam: lost('media'),
  },
  'other-clock-adult-t': {
    role: 'teacher',
    now: at(2),
    part: { ...starting('pupil', 108_000, at(2)), adult: 'by_sight' },
    sam: lost('adult'),
    can: ['adult_seen'],
  },
  'other-clock-keep-t': {
    role: 'teacher',
    now: at(4.2),
    part: starting('pupil', 245_000, at(4.2)),
    sam: AWAY,
    can: ['keep_waiting'],
  },
  'other-clock-p': {
    role: 'pupil_side',
    now: at(2),
    part: starting('teacher', 108_000, at(2)),
    teacher: lost('camera'),
  },
  'other-clock-both-p': {
    role: 'pupil_side',
    now: at(2),
    part: starting('teacher', 108_000, at(2)),
    teacher: AWAY,
    sam: lost('microphone'),
  },
  'kept-t': {
    role: 'teacher',
    now: at(7),
    part: { ...starting('pupil', 400_000, at(7)), acts_at: null, kept_waiting: true },
    sam: lost('media'),
    can: ['end_as_missed'],
  },
  'kept-p': {
    role: 'pupil_side',
    now: at(7),
    part: { ...starting('pupil', 400_000, at(7)), acts_at: null, kept_waiting: true },
    sam: lost('media'),
  },
  'own-clock-t': {
    role: 'teacher',
    now: at(2),
    part: starting('teacher', 108_000, at(2)),
    teacher: lost('media'),
  },
  'own-clock-p': {
    role: 'pupil_side',
    now: at(2),
    part: starting('pupil', 108_000, at(2)),
    sam: lost('media'),
  },
  'own-clock-adult-p': {
    role: 'pupil_side',
    now: at(4),
    part: { ...starting('pupil', 232_000, at(4)), adult: 'needed' },
    sam: lost('adult'),
    can: ['check_in'],
  },
  'own-clock-protected-p': {
    role: 'pupil_side',
    now: at(6),
    part: { ...starting('pupil', 108_000, at(6)), protected: true },
    sam: lost('camera'),
  },
  'nobody-path-t': {
    role: 'teacher',
    now: at(1),
    part: starting('nobody', 40_000, at(1)),
    sam: { ...UNKNOWN, reasons: ['path'] },
  },
  'nobody-unknown-p': {
    role: 'pupil_side',
    now: at(1),
    part: starting('nobody', 40_000, at(1)),
    teacher: UNKNOWN,
  },
  'nobody-platform-p': {
    role: 'pupil_side',
    now: at(1),
    part: starting('nobody', 40_000, at(1)),
    status: { platform_up: false },
  },
  'nobody-disputed-t': {
    role: 'teacher',
    now: at(1),
    part: { ...starting('nobody', 40_000, at(1)), adult: 'disputed' },
    sam: UNKNOWN,
    can: ['adult_seen'],
  },
  'nobody-disputed-p': {
    role: 'pupil_side',
    now: at(1),
    part: { ...starting('nobody', 40_000, at(1)), adult: 'disputed' },
    sam: UNKNOWN,
  },
  'settling-t': {
    role: 'teacher',
    now: at(0),
    part: { phase: 'settling', settled_at: at(0) + 8_000 },
    can: ['adult_seen'],
  },
  'settling-p': { role: 'pupil_side', now: at(0), part: { phase: 'settling', settled_at: at(0) + 8_000 } },
  'live-t': { role: 'teacher', now: at(8), part: STARTED },
  'live-p': { role: 'pupil_side', now: at(8), part: STARTED },
  'time-over-p': { role: 'pupil_side', now: at(32), part: STARTED },
  'weak-theirs-t': { role: 'teacher', now: at(8), part: STARTED, status: { weak: ['sam'] } },
  'weak-yours-p': { role: 'pupil_side', now: at(8), part: STARTED, status: { weak: ['sam'] } },
  'lost-theirs-t': {
    role: 'teacher',
    now: at(12),
    part: { ...STARTED, phase: 'interrupted', interrupted_ms: 70_000 },
    sam: lost('line'),
    here: { mediaFlows: false },
  },
  'lost-decision-t': {
    role: 'teacher',
    now: at(18),
    part: {
      ...STARTED,
      phase: 'interrupted',
      interrupted_ms: 312_000,
      decision: 'open',
      owed_carry_over: 18,
      owed_teach_on: 6,
    },
    sam: lost('line'),
    can: ['decide', 'teach_on'],
    here: { mediaFlows: false },
  },
  'lost-theirs-p': {
    role: 'pupil_side',
    now: at(12),
    part: { ...STARTED, phase: 'interrupted', interrupted_ms: 70_000 },
    teacher: lost('line'),
    here: { mediaFlows: false },
  },
  'lost-yours-p': {
    role: 'pupil_side',
    now: at(12),
    part: { ...STARTED, phase: 'interrupted', interrupted_ms: 70_000 },
    sam: { ...lost('line'), since: at(12) - 20_000 },
    here: { mediaFlows: false },
  },
  'lost-platform-t': {
    role: 'teacher',
    now: at(12),
    part: { ...STARTED, phase: 'interrupted', interrupted_ms: 70_000 },
    status: { platform_up: false },
  },
  'lost-path-p': {
    role: 'pupil_side',
    now: at(12),
    part: { ...STARTED, phase: 'interrupted', interrupted_ms: 70_000 },
    teacher: { ...UNKNOWN, reasons: ['path'] },
  },
  'paused-t': {
    role: 'teacher',
    now: at(8),
    part: { ...STARTED, adult: 'out', paused: true },
    can: ['carry_on'],
  },
  'paused-p': {
    role: 'pupil_side',
    now: at(8),
    part: { ...STARTED, adult: 'out', paused: true },
    can: ['check_in'],
  },
  'asked-back-t': {
    role: 'teacher',
    now: at(25),
    part: { ...STARTED, adult_stays: false, adult_asked_back: true },
  },
  'asked-back-p': {
    role: 'pupil_side',
    now: at(25),
    part: { ...STARTED, adult_stays: false, adult_asked_back: true },
    can: ['check_in'],
  },
  'warning-t': { role: 'teacher', now: at(8), part: { ...STARTED, warned: 'how we speak to each other' } },
  'warning-p': { role: 'pupil_side', now: at(8), part: { ...STARTED, warned: 'how we speak to each other' } },
  'decision-t': {
    role: 'teacher',
    now: at(18),
    part: { ...STARTED, interrupted_ms: 312_000, decision: 'open', owed_carry_over: 18, owed_teach_on: 6 },
    can: ['decide', 'teach_on'],
  },
  'decision-p': {
    role: 'pupil_side',
    now: at(18),
    part: { ...STARTED, interrupted_ms: 312_000, decision: 'open' },
  },
  'ending-p': {
    role: 'pupil_side',
    now: at(18),
    part: STARTED,
    status: { phase: 'ending' },
    state: { halted: true },
  },
  'ended-by-you-t': {
    role: 'teacher',
    now: at(18),
    part: { ...STARTED, phase: 'over' },
    closing: { how: 'by_you', asks_why: true },
    outcome: { charge: 'undecided', decides: 'teacher', rule: 'early', live_ms: 17 * MIN },
  },
  'ended-neutral-p': {
    role: 'pupil_side',
    now: at(18),
    part: { ...STARTED, phase: 'over' },
    closing: { how: 'neutral' },
    outcome: { charge: 'undecided', decides: 'office', rule: 'D3' },
  },
  'ended-flagged-t': {
    role: 'teacher',
    now: at(18),
    part: { ...STARTED, phase: 'over' },
    closing: { how: 'flagged' },
    outcome: { charge: 'undecided', decides: 'office', rule: 'D3' },
  },
  'C2-t': {
    role: 'teacher',
    now: at(5),
    part: { phase: 'over' },
    closing: { how: 'C2' },
    outcome: { rule: 'C2', charge: 'not_charged' },
  },
  'C2-p': {
    role: 'pupil_side',
    now: at(5),
    part: { phase: 'over' },
    closing: { how: 'C2' },
    outcome: { rule: 'C2', charge: 'not_charged' },
  },
  'C3-t': {
    role: 'teacher',
    now: at(5),
    part: { phase: 'over' },
    closing: { how: 'C3' },
    outcome: { rule: 'C3', charge: 'charged' },
  },
  'C3-p': {
    role: 'pupil_side',
    now: at(5),
    part: { phase: 'over' },
    closing: { how: 'C3' },
    outcome: { rule: 'C3', charge: 'charged' },
  },
  'C3-protected-t': {
    role: 'teacher',
    now: at(9),
    part: { phase: 'over' },
    closing: { how: 'C3' },
    outcome: { rule: 'C3', charge: 'not_charged', protected: true },
  },
  'C3-protected-p': {
    role: 'pupil_side',
    now: at(9),
    part: { phase: 'over' },
    closing: { how: 'C3' },
    outcome: { rule: 'C3', charge: 'not_charged', protected: true },
  },
  'C7-p': {
    role: 'pupil_side',
    now: at(5),
    part: { phase: 'over' },
    closing: { how: 'C7' },
    outcome: { rule: 'C7', charge: 'not_charged' },
  },
  'C7-platform-t': {
    role: 'teacher',
    now: at(5),
    part: { phase: 'over' },
    closing: { how: 'C7' },
    outcome: { rule: 'C7', charge: 'not_charged' },
    timeline: [{ shown: 'happened', at: at(1), what: 'platform_down', side: null, detail: '' }],
  },
  'stopped-t': {
    role: 'teacher',
    now: at(18),
    part: { ...STARTED, phase: 'over' },
    closing: { how: 'decision' },
    outcome: { rule: 'C6', charge: 'not_charged' },
  },
  'owed-t': {
    role: 'teacher',
    now: at(18),
    part: { ...STARTED, phase: 'over' },
    closing: { how: 'decision' },
    outcome: { rule: 'C6', charge: 'charged', minutes_owed: 18 },
  },
  'stopped-p': {
    role: 'pupil_side',
    now: at(18),
    part: { ...STARTED, phase: 'over' },
    closing: { how: 'decision' },
    outcome: { rule: 'C6', charge: 'not_charged' },
  },
  'time-up-t': {
    role: 'teacher',
    now: at(40),
    part: { phase: 'over' },
    closing: { how: 'time' },
    outcome: {},
  },
  'time-up-p': {
    role: 'pupil_side',
    now: at(40),
    part: { phase: 'over' },
    closing: { how: 'time' },
    outcome: {},
  },
  'taken-over-p': { role: 'pupil_side', now: at(8), part: STARTED, here: { link: 'elsewhere' } },
  'moved-t': { role: 'teacher', now: at(8), part: STARTED, here: { link: 'moved' } },
  'blocked-p': {
    role: 'pupil_side',
    now: at(2),
    part: starting('pupil', 108_000, at(2)),
    sam: lost('camera'),
    here: { camera: 'blocked' },
  },
  'missing-p': { role: 'pupil_side', now: at(-5), part: { phase: 'before' }, here: { camera: 'missing' } },
  'in-use-t': { role: 'teacher', now: at(-5), part: { phase: 'before' }, here: { camera: 'in_use' } },
  'own-black-p': { role: 'pupil_side', now: at(8), part: STARTED, here: { ownPicture: 'black' } },
  'own-frozen-t': { role: 'teacher', now: at(8), part: STARTED, here: { ownPicture: 'frozen' } },
  'own-silent-p': { role: 'pupil_side', now: at(8), part: STARTED, here: { ownSound: 'silent' } },
  'own-muted-t': {
    role: 'teacher',
    now: at(8),
    part: STARTED,
    here: { microphone: 'off', ownSound: 'muted' },
  },
  'sound-blocked-p': { role: 'pupil_side', now: at(8), part: STARTED, here: { soundBlocked: true } },
  'sound-blocked-t': { role: 'teacher', now: at(8), part: STARTED, here: { soundBlocked: true } },
  'reconnecting-t': {
    role: 'teacher',
    now: at(8),
    part: STARTED,
    here: { link: 'reconnecting', lostAt: at(8) - 4_000 },
  },
  'offline-p': {
    role: 'pupil_side',
    now: at(8),
    part: STARTED,
    here: { link: 'reconnecting', lostAt: at(8) - 20_000, mediaFlows: false },
  },
  'shared-before-t': {
    role: 'teacher',
    ...shared(at(-5), { part: { phase: 'before' } }, { part: { phase: 'before' }, side: AWAY }),
  },
  'shared-clock-t': {
    role: 'teacher',
    ...shared(at(2), { part: STARTED }, { part: starting('pupil', 108_000, at(2)), side: lost('media') }),
    can: ['remove'],
  },
  'shared-live-t': {
    role: 'teacher',
    ...shared(at(8), { part: STARTED }, { part: STARTED }),
    can: ['remove'],
  },
  'shared-lost-t': {
    role: 'teacher',
    ...shared(
      at(12),
      { part: STARTED },
      { part: { ...STARTED, phase: 'interrupted', interrupted_ms: 70_000 }, side: lost('line') },
    ),
    can: ['remove'],
  },
  'watch-live': { role: 'observer', now: at(8), part: STARTED, leg: 'open' },
  'watch-shared': {
    role: 'observer',
    ...shared(at(8), { part: STARTED }, { part: STARTED, side: lost('camera') }),
    leg: 'open',
  },
  'watch-opening': { role: 'observer', now: at(8), part: STARTED, leg: 'opening' },
  'watch-again': { role: 'observer', now: at(8), part: STARTED, leg: 'again' },
  'watch-reconnecting': {
    role: 'observer',
    now: at(8),
    part: STARTED,
    leg: 'open',
    here: { link: 'reconnecting', lostAt: at(8) - 4_000 },
  },
  'watch-refused': { role: 'observer', now: at(8), part: STARTED, leg: 'none' },
  'watch-no-relay': { role: 'observer', now: at(8), part: STARTED },
  'watch-clock': {
    role: 'observer',
    now: at(2),
    part: starting('pupil', 108_000, at(2)),
    sam: lost('media'),
    leg: 'open',
  },
  'watch-camera': { role: 'observer', now: at(8), part: STARTED, sam: lost('camera'), leg: 'open' },
  'watch-away': { role: 'observer', now: at(-5), part: { phase: 'before' }, sam: AWAY, leg: 'open' },
  'watch-lost': {
    role: 'observer',
    now: at(12),
    part: { ...STARTED, phase: 'interrupted', interrupted_ms: 70_000 },
    sam: lost('line'),
    leg: 'open',
  },
  'watch-halted': { role: 'observer', now: at(18), part: STARTED, leg: 'closed', state: { halted: true } },
  'watch-over': { role: 'observer', now: at(18), part: { phase: 'over' }, closing: { how: 'neutral' } },
};
