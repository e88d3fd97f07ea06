/**
 * What is measured of a camera, a microphone and a line, and what it comes to. Pure: samples, pixels and times in.
 * Nothing is good before it was measured to be: until then it waits (PAGES, proven or grey).
 */

// Pictures ---------------------------------------------------------------------------------------------------

/** A picture is looked at in this size: small enough to be cheap, large enough for a sensor's noise to show. */
export const LOOK_WIDTH = 64;
export const LOOK_HEIGHT = 36;
/** Of 255. A covered camera gives 0 to 10 with noise; a dim room has a lamp, a window or a face above it. */
export const BLACK_MAX = 24;

export interface Light {
  /** The brightest point's luma, 0 to 255. */
  brightest: number;
  /** Differs where any pixel does. */
  print: number;
}

export function lightOf(pixels: Uint8ClampedArray): Light {
  let brightest = 0;
  let print = 0x811c9dc5; // FNV-1a
  for (let i = 0; i + 2 < pixels.length; i += 4) {
    const [r = 0, g = 0, b = 0] = [pixels[i], pixels[i + 1], pixels[i + 2]];
    brightest = Math.max(brightest, (54 * r + 183 * g + 19 * b) >> 8); // Rec. 709
    print = Math.imul(print ^ ((r << 16) | (g << 8) | b), 0x01000193);
  }
  return { brightest, print };
}

export type PictureState = 'waiting' | 'fine' | 'black' | 'frozen';

export interface PictureLimits {
  /** How long a picture has to be black before it is called so. */
  blackMs: number;
  /** How long without a new frame: the camera, or its cable, has stopped. */
  stalledMs: number;
  /** How long with the same pixels: a real camera's noise never is. */
  stillMs: number;
}

/** Somebody waits for the verdict; a camera that opens dark is bright within a second. */
export const CHECK_PICTURE: PictureLimits = { blackMs: 2_000, stalledMs: 3_000, stillMs: 4_000 };
/** In a lesson a hand over the camera, or a hitch, is nobody's trouble. */
export const LESSON_PICTURE: PictureLimits = { blackMs: 6_000, stalledMs: 6_000, stillMs: 12_000 };
/** A camera that gives no picture at all within this has none. */
export const FIRST_FRAME_MS = 5_000;
/** A gap between two looks that is longer (a hidden tab, a sleeping machine) says nothing of the camera. */
const UNSEEN_MS = 2_500;

export class PictureWatch {
  #began: number | null = null;
  #lookedAt = 0;
  #darkSince: number | null = null;
  #print: number | null = null;
  #printSince = 0;
  #frames = 0;
  #framesSince = 0;
  #moved = false;

  constructor(private readonly limits: PictureLimits) {}

  /** `light`: null while no frame has come; `frames`: how many have, in all; `now`: ms, monotonic. */
  see(light: Light | null, frames: number, now: number): PictureState {
    if (this.#began === null || now - this.#lookedAt > UNSEEN_MS) this.#startAfresh(now);
    this.#lookedAt = now;
    if (light === null) return now - (this.#began ?? now) >= FIRST_FRAME_MS ? 'frozen' : 'waiting';
    if (frames !== this.#frames) {
      this.#moved ||= this.#frames > 0;
      this.#frames = frames;
      this.#framesSince = now;
    }
    if (light.print !== this.#print) {
      this.#print = light.print;
      this.#printSince = now;
    }
    if (light.brightest >= BLACK_MAX) this.#darkSince = null;
    else this.#darkSince ??= now;
    return this.#verdict(now);
  }

  #verdict(now: number): PictureState {
    if (this.#darkSince !== null)
      return now - this.#darkSince >= this.limits.blackMs ? 'black' : this.#moved ? 'fine' : 'waiting';
    if (now - this.#framesSince >= this.limits.stalledMs) return 'frozen';
    if (now - this.#printSince >= this.limits.stillMs) return 'frozen';
    return this.#moved ? 'fine' : 'waiting';
  }

  #startAfresh(now: number): void {
    this.#began = now;
    this.#darkSince = null;
    this.#printSince = now;
    this.#framesSince = now;
  }
}

// Sound ------------------------------------------------------------------------------------------------------

/** One step of 16-bit sound. A switched-off microphone sends nothing above it; a quiet room does, all the time. */
export const SILENT_PEAK = 1 / 32_768;
/** The meter has ten steps of 6 dB, from −55 dB; the tenth is where sound is cut off. */
export const STEPS = 10;
const LOWEST_DB = -55;
const STEP_DB = 6;
const CUT_DB = -1;
/** Below this step a note is too quiet to be followed. */
export const GOOD_FROM = 5;
/** This many looks in the right zone, of ten a second, are a note and not a knock. */
const NOTE_LOOKS = 3;
/** The highest step stays marked this long. */
export const HOLD_MS = 1_000;

export const CHECK_SILENT_MS = 3_000;
/** In a lesson: a microphone from which nothing at all has come yet. */
export const LESSON_SILENT_MS = 15_000;
/** And one that was heard before: whoever listens while the browser takes the echo away may send nothing for long. */
export const LESSON_SILENT_AGAIN_MS = 60_000;

export function peakOf(samples: Float32Array): number {
  let peak = 0;
  for (const sample of samples) peak = Math.max(peak, Math.abs(sample));
  return peak;
}

export function stepOf(peak: number): number {
  if (peak <= SILENT_PEAK) return 0;
  const db = 20 * Math.log10(peak);
  if (db >= CUT_DB) return STEPS;
  return Math.min(STEPS - 1, Math.max(0, 1 + Math.floor((db - LOWEST_DB) / STEP_DB)));
}

export type SoundState = 'waiting' | 'silent' | 'fine';
export type Loudness = 'silent' | 'quiet' | 'good' | 'loud';

export interface Level {
  /** 0 to 10. */
  step: number;
  /** The highest of the last second. */
  held: number;
  loudness: Loudness;
}

export const NO_LEVEL: Level = { step: 0, held: 0, loudness: 'silent' };

export function loudnessOf(step: number): Loudness {
  if (step === 0) return 'silent';
  if (step === STEPS) return 'loud';
  return step < GOOD_FROM ? 'quiet' : 'good';
}

export class SoundWatch {
  level: Level = NO_LEVEL;
  /** Something came that is not silence. */
  heard = false;
  /** A note was loud enough: the microphone is proven. */
  noted = false;
  #silentSince: number | null = null;
  #looks = 0;
  #heldAt = 0;

  /** `againMs`: for a microphone that was heard already. */
  constructor(
    private readonly silentMs: number,
    private readonly againMs = silentMs,
  ) {}

  hear(peak: number, now: number): SoundState {
    const step = stepOf(peak);
    if (step >= this.level.held || now - this.#heldAt >= HOLD_MS) this.#heldAt = now;
    else {
      this.level = { ...this.level, step, loudness: loudnessOf(this.level.held) };
      return this.#verdict(peak, step, now);
    }
    this.level = { step, held: step, loudness: loudnessOf(step) };
    return this.#verdict(peak, step, now);
  }

  /** Nothing was heard of it meanwhile: what was before says nothing of now. */
  pause(): void {
    this.#silentSince = null;
  }

  #verdict(peak: number, step: number, now: number): SoundState {
    if (step >= GOOD_FROM) this.#looks += 1;
    this.noted ||= this.#looks >= NOTE_LOOKS;
    if (peak > SILENT_PEAK) {
      this.heard = true;
      this.#silentSince = null;
      return 'fine';
    }
    this.#silentSince ??= now;
    if (now - this.#silentSince >= (this.heard ? this.againMs : this.silentMs)) return 'silent';
    return this.heard ? 'fine' : 'waiting';
  }
}

/** Somebody is heard at a microphone that is off in three looks of four, one a second: a door that falls shut is not. */
const TALKS_LOOKS = 3;
const TALKS_OF_LOOKS = 4;
/** Said for so long, and then not for a minute: who is off on purpose, and plays along, has read it. */
export const TALKS_MS = 10_000;
export const TALKS_AGAIN_MS = 60_000;

/** Whether to say that somebody talks who is muted. */
export class MutedWatch {
  #loud: boolean[] = [];
  #since: number | null = null;
  #until = Number.NEGATIVE_INFINITY;

  hear(peak: number, now: number): boolean {
    this.#loud = [...this.#loud, stepOf(peak) >= GOOD_FROM].slice(-TALKS_OF_LOOKS);
    if (this.#since === null) {
      const talks = this.#loud.filter(Boolean).length >= TALKS_LOOKS;
      if (talks && now >= this.#until) this.#since = now;
    } else if (now - this.#since >= TALKS_MS || !this.#loud.includes(true)) {
      this.#since = null;
      this.#until = now + TALKS_AGAIN_MS;
    }
    return this.#since !== null;
  }
}

// The line ---------------------------------------------------------------------------------------------------

/** What B4 recommends, each way. */
export const NEEDED_KBPS = 2_000;
/** A round trip above which people talk over each other, whatever else is good. */
export const RTT_MS_MAX = 1_000;

export type Way =
  /** The service has no TURN server: there is nothing to check. */
  | 'absent'
  | 'udp'
  /** Through, but only over TCP or TLS: it works, with more delay. */
  | 'tcp'
  | 'none';

/** Over UDP to our own media relay; `unknown`: not found out. */
export type Udp = 'absent' | 'works' | 'blocked' | 'unknown';

export interface LineFacts {
  /** Our server answered at all. */
  reached: boolean;
  /** Whether a socket stays open and answers; null: not found out. */
  socket: boolean | null;
  rttMs: number | null;
  downKbps: number | null;
  upKbps: number | null;
  way: Way;
  udp: Udp;
  /** Where the media relay is: what a filter has to let through. */
  relayAt: readonly string[];
}

export type LineState = 'good' | 'slow' | 'blocked' | 'unreachable' | 'unmeasured';

export function lineOf(facts: LineFacts): LineState {
  if (!facts.reached) return 'unreachable';
  if (facts.socket === false || shut(facts)) return 'blocked';
  const { rttMs, downKbps, upKbps } = facts;
  const below = (kbps: number | null) => kbps !== null && kbps < NEEDED_KBPS;
  if (below(downKbps) || below(upKbps) || (rttMs ?? 0) > RTT_MS_MAX) return 'slow';
  return facts.socket === null || rttMs === null || downKbps === null || upKbps === null
    ? 'unmeasured'
    : 'good';
}

/** A way for picture and sound was looked for, and none was found: one that was is enough. */
function shut({ way, udp }: LineFacts): boolean {
  const through = udp === 'works' || way === 'udp' || way === 'tcp';
  return !through && (udp === 'blocked' || way === 'none');
}

export function kbps(bytes: number, ms: number): number {
  return Math.round((bytes * 8) / Math.max(1, ms));
}

/** The middle one: one hitch among five is no slow line. */
export function median(values: readonly number[]): number | null {
  return values.length === 0 ? null : ([...values].sort((a, b) => a - b)[values.length >> 1] ?? null);
}

// The whole check --------------------------------------------------------------------------------------------

export type CameraRow =
  | 'unchecked'
  | 'checking'
  | 'good'
  | 'blocked'
  | 'missing'
  | 'in_use'
  | 'black'
  | 'frozen';
export type MicrophoneRow =
  | 'unchecked'
  | 'checking'
  | 'listening'
  | 'good'
  | 'blocked'
  | 'missing'
  | 'in_use'
  | 'silent';
export type SpeakerRow = 'unchecked' | 'asking' | 'good' | 'unheard';
export type LineRow = 'unchecked' | 'checking' | LineState;

export interface Rows {
  camera: CameraRow;
  microphone: MicrophoneRow;
  speaker: SpeakerRow;
  connection: LineRow;
}
export type RowName = keyof Rows;
export const ROWS: readonly RowName[] = ['camera', 'microphone', 'speaker', 'connection'];
export const UNCHECKED: Rows = {
  camera: 'unchecked',
  microphone: 'unchecked',
  speaker: 'unchecked',
  connection: 'unchecked',
};

export type Mark = 'unknown' | 'busy' | 'good' | 'trouble';

const NOT_TROUBLE: Readonly<Record<string, Mark>> = {
  unchecked: 'unknown',
  unmeasured: 'unknown',
  checking: 'busy',
  listening: 'busy',
  asking: 'busy',
  good: 'good',
};

export function markOf(state: Rows[RowName]): Mark {
  return NOT_TROUBLE[state] ?? 'trouble';
}

export function inTrouble(rows: Rows): readonly RowName[] {
  return ROWS.filter((row) => markOf(rows[row]) === 'trouble');
}

export function notProven(rows: Rows): readonly RowName[] {
  return ROWS.filter((row) => markOf(rows[row]) !== 'good' && markOf(rows[row]) !== 'trouble');
}

export function allGood(rows: Rows): boolean {
  return ROWS.every((row) => rows[row] === 'good');
}
