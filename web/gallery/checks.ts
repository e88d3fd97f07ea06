/** Recorded device checks: every state that the page can be in. */

import { signal } from '@preact/signals';
import { type Level, type LineFacts, NO_LEVEL, type Rows, UNCHECKED } from '../media/check';
import type { CheckPort } from '../pages/device_check';
import type { Listed } from '../ui/device_menu';

const GOOD: Rows = { camera: 'good', microphone: 'good', speaker: 'good', connection: 'good' };
const FACTS: LineFacts = {
  reached: true,
  socket: true,
  rttMs: 34,
  downKbps: 24_300,
  upKbps: 8_900,
  way: 'udp',
  udp: 'works',
  relayAt: ['203.0.113.7, port 40000'],
};
const LOUD: Level = { step: 7, held: 8, loudness: 'good' };

interface Recorded {
  rows: Partial<Rows>;
  on?: boolean;
  level?: Level;
  facts?: Partial<LineFacts>;
  before?: boolean;
  taking?: 'recording' | 'playing';
  refused?: 'camera' | 'microphone';
  /** "Get ready", after it. */
  ready?: boolean;
}

export const CHECKS: Record<string, Recorded> = {
  new: { rows: { ...UNCHECKED, connection: 'checking' }, on: false },
  running: { rows: { camera: 'checking', microphone: 'listening', speaker: 'unchecked' } },
  quiet: {
    rows: { microphone: 'listening', speaker: 'asking' },
    level: { step: 3, held: 3, loudness: 'quiet' },
  },
  good: { rows: {} },
  recording: { rows: {}, taking: 'recording' },
  blocked: { rows: { camera: 'blocked', microphone: 'blocked' } },
  missing: { rows: { camera: 'missing', microphone: 'missing' } },
  'in-use': { rows: { camera: 'in_use', microphone: 'in_use' } },
  black: { rows: { camera: 'black', microphone: 'silent', speaker: 'unheard' }, level: NO_LEVEL },
  frozen: { rows: { camera: 'frozen' }, level: { step: 10, held: 10, loudness: 'loud' }, refused: 'camera' },
  slow: { rows: { connection: 'slow' }, facts: { downKbps: 1_400, upKbps: 600, rttMs: 210, way: 'tcp' } },
  filtered: {
    rows: { connection: 'blocked' },
    facts: { socket: false, rttMs: null, way: 'none', udp: 'blocked' },
  },
  unreachable: { rows: { connection: 'unreachable' } },
  unmeasured: { rows: { connection: 'unmeasured' }, facts: { downKbps: null, upKbps: null } },
  known: { rows: { connection: 'checking' }, before: true },
  ready: { rows: {}, ready: true },
  'ready-unchecked': { rows: UNCHECKED, ready: true },
  'ready-trouble': {
    rows: { camera: 'blocked', microphone: 'silent', speaker: 'unheard', connection: 'slow' },
    ready: true,
  },
};

/** What is plugged in, in every picture. */
export const PLUGGED: Listed[] = [
  { kind: 'videoinput', deviceId: 'camera-1', label: 'FaceTime HD Camera' },
  { kind: 'videoinput', deviceId: 'camera-2', label: 'USB document camera (046d:0825)' },
  { kind: 'audioinput', deviceId: 'microphone-1', label: 'Built-in Microphone' },
  { kind: 'audioinput', deviceId: 'microphone-2', label: 'Yeti Stereo Microphone' },
  { kind: 'audiooutput', deviceId: 'speaker-1', label: 'Headphones' },
];

/** A covered camera's. */
function black(): MediaStreamTrack | undefined {
  const canvas = document.createElement('canvas');
  [canvas.width, canvas.height] = [640, 360];
  canvas.getContext('2d')?.fillRect(0, 0, 640, 360);
  return canvas.captureStream(0).getVideoTracks()[0];
}

export function checkPort(recorded: Recorded, camera: MediaStreamTrack | undefined): CheckPort {
  const rows: Rows = { ...GOOD, ...recorded.rows };
  const { on = true } = recorded;
  const there = (row: 'camera' | 'microphone') => on && !['blocked', 'missing', 'in_use'].includes(rows[row]);
  const microphone = {} as MediaStreamTrack;
  const nothing = () => undefined;
  const known = !['unchecked', 'checking', 'unreachable'].includes(rows.connection);
  return {
    rows: signal(rows),
    level: signal(recorded.level ?? LOUD),
    facts: signal(known ? { ...FACTS, ...recorded.facts } : null),
    taking: signal(recorded.taking ?? 'no'),
    on: signal(on),
    heardBefore: signal(recorded.before ?? false),
    refused: signal(recorded.refused ?? null),
    turn: signal(0),
    own: {
      tracks: {
        camera: there('camera') ? ((rows.camera === 'black' ? black() : camera) ?? null) : null,
        microphone: there('microphone') ? microphone : null,
      },
      chosen: (kind: string) => `${kind}-1`,
    },
    canRecord: true,
    turnOn: nothing,
    choose: nothing,
    measure: nothing,
    playNote: async () => undefined,
    heard: nothing,
    speakerChosen: nothing,
    record: nothing,
  } as unknown as CheckPort;
}
