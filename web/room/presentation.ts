/** What the status line shows: values only. */

import type { Because, Choice } from '../wire/types';
import type { BUTTONS } from '../words';

export type StateKey =
  | 'joining'
  | 'refused'
  | 'ended_neutral'
  | 'ended_by_you'
  | 'ended_flagged'
  | 'ended_C2'
  | 'ended_C3'
  | 'ended_C3_protected'
  | 'ended_C7'
  | 'ended_decision'
  | 'ended_time'
  | 'ended_watch'
  | 'ending'
  | 'taken_over'
  | 'moved'
  | 'sound_blocked'
  | 'device_blocked'
  | 'device_missing'
  | 'device_in_use'
  | 'own_black'
  | 'own_frozen'
  | 'own_silent'
  | 'own_muted'
  | 'paused'
  | 'platform'
  | 'interrupted_platform'
  | 'interrupted_yours'
  | 'interrupted_theirs'
  | 'own_clock'
  | 'other_clock'
  | 'kept_waiting'
  | 'nobodys_clock'
  | 'reconnecting'
  | 'warning'
  | 'decision'
  | 'adult_asked_back'
  | 'weak_yours'
  | 'weak_theirs'
  | 'settling'
  | 'before'
  | 'live'
  | 'time_over';

export type Tone = 'quiet' | 'info' | 'good' | 'wait' | 'ours';
export type IconName =
  | 'clock'
  | 'hourglass'
  | 'tool'
  | 'ring'
  | 'dot'
  | 'bars'
  | 'broken'
  | 'person'
  | 'hand'
  | 'fork'
  | 'calendar'
  | 'camera'
  | 'microphone'
  | 'dotted'
  | 'speaker'
  | 'screen'
  | 'check';

/** What a button of the status line does. The page carries it out. */
export type Act =
  | { do: 'start' }
  | { do: 'keep_waiting' }
  | { do: 'carry_on'; pupil: string }
  | { do: 'adult_seen'; pupil: string; seen: boolean }
  | { do: 'choose'; choose: Choice; pupil: string }
  | { do: 'explain'; because: Because }
  | { do: 'write' }
  | { do: 'help'; topic: HelpTopic }
  | { do: 'check_in'; pupil: string }
  | { do: 'ask_missed' }
  | { do: 'ask_decision'; pupil: string }
  | { do: 'understood'; reason: string }
  | { do: 'use_here' }
  | { do: 'devices' }
  | { do: 'choose_device' }
  | { do: 'sound' }
  | { do: 'go'; path: string }
  | { do: 'note' };
export type HelpTopic = 'camera' | 'microphone' | 'media' | 'adult';

export interface Button {
  key: keyof typeof BUTTONS;
  words: string;
  act: Act;
  primary: boolean;
}

export interface Clock {
  /** m:ss now. */
  text: string;
  /** What of the limit is left, 0 to 1, for the ring; null where time only adds up. */
  share: number | null;
}

export interface Presentation {
  state: StateKey;
  tone: Tone;
  icon: IconName;
  /** May hold the slot `{m:ss}`, where the clock stands. */
  headline: string;
  second: string;
  clock: Clock | null;
  /** How much of the ring around the icon is drawn, 0 to 1; null: no ring. */
  ring: number | null;
  buttons: readonly Button[];
  /** Spoken once, when the state comes. */
  spoken: string;
  assertive: boolean;
}

/** From the highest: what is first here hides what is after it (PAGES.md, Timing). */
const PRECEDENCE: readonly (readonly StateKey[])[] = [
  [
    'ended_neutral',
    'ended_by_you',
    'ended_flagged',
    'ended_C2',
    'ended_C3',
    'ended_C3_protected',
    'ended_C7',
    'ended_decision',
    'ended_time',
    'ended_watch',
  ],
  ['ending'],
  ['taken_over', 'moved', 'refused', 'joining'],
  ['sound_blocked'],
  ['device_blocked', 'device_missing', 'device_in_use'],
  ['paused'],
  ['platform', 'interrupted_platform'],
  ['interrupted_yours', 'interrupted_theirs'],
  ['own_clock'],
  ['other_clock'],
  ['kept_waiting'],
  ['nobodys_clock'],
  ['reconnecting'],
  ['warning'],
  ['decision'],
  ['adult_asked_back'],
  ['own_black', 'own_frozen', 'own_silent', 'own_muted'],
  ['weak_yours', 'weak_theirs'],
  ['settling'],
  ['before'],
  ['live', 'time_over'],
];

const RANKS = new Map(PRECEDENCE.flatMap((keys, rank) => keys.map((key) => [key, rank] as const)));

/** 0 is the highest. */
export function rank(state: StateKey): number {
  const found = RANKS.get(state);
  if (found === undefined) throw new Error(`no precedence for ${state}`);
  return found;
}

export function isEnded(state: StateKey): boolean {
  return rank(state) === 0;
}

/** Endings, one's own devices, and what people did: facts, which do not flicker, and are shown at once. */
const FACTS: ReadonlySet<StateKey> = new Set(
  PRECEDENCE.slice(0, 6).flat().concat(['warning', 'decision', 'adult_asked_back']),
);

export function isFact(state: StateKey): boolean {
  return FACTS.has(state);
}
