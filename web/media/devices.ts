/** One's own camera and microphone: what works, what does not, and why. */

import type { DeviceState, Sound } from '../wire/types';
import { CAPTURE, FIRST_SOUND, switchOver } from './music';
import type { Remembered } from './remembered';

export type Kind = 'camera' | 'microphone';
export type OwnDevice = DeviceState | 'asking';

/** Picture gives way before sound: modest by default, enough to see a bow hand. */
const VIDEO: MediaTrackConstraints = {
  width: { ideal: 1280 },
  height: { ideal: 720 },
  frameRate: { ideal: 30 },
};
export const KINDS: readonly Kind[] = ['camera', 'microphone'];

/** Why getUserMedia said no, by the names of the Media Capture specification. */
export function troubleOf(error: unknown): DeviceState {
  const name = error instanceof Error || error instanceof DOMException ? error.name : '';
  switch (name) {
    case 'NotAllowedError':
    case 'SecurityError':
      return 'blocked';
    case 'NotReadableError':
    case 'AbortError':
      return 'in_use';
    default:
      return 'missing';
  }
}

export interface Capture {
  getUserMedia(want: MediaStreamConstraints): Promise<MediaStream>;
}

/** As much of the memory as is needed here. */
export type Memory = Pick<Remembered, 'get' | 'set' | 'sound'>;
const forgetful = (): Memory => ({ get: () => '', set: () => undefined, sound: FIRST_SOUND });

/** A device went by itself, and another took its place: their labels. */
export type FellBack = (kind: Kind, was: string, now: string) => void;

export class OwnDevices {
  readonly tracks: Record<Kind, MediaStreamTrack | null> = { camera: null, microphone: null };
  #trouble: Record<Kind, OwnDevice> = { camera: 'asking', microphone: 'asking' };
  #off: Record<Kind, boolean> = { camera: false, microphone: false };
  #stopped = false;
  #asking: Promise<void> | null = null;
  #sound: Sound;
  #switching: Promise<unknown> = Promise.resolve();

  constructor(
    private readonly capture: Capture,
    private readonly changed: () => void,
    private readonly memory: Memory = forgetful(),
    private readonly fellBack: FellBack = () => undefined,
  ) {
    this.#sound = memory.sound;
  }

  /** How the microphone is taken, and its sound sent. */
  get sound(): Sound {
    return this.#sound;
  }

  state(kind: Kind): OwnDevice {
    if (this.#trouble[kind] !== 'on') return this.#trouble[kind];
    return this.#off[kind] ? 'off' : 'on';
  }

  /** Asks for what is not there yet. Called again after trouble; two calls at once are one. */
  acquire(): Promise<void> {
    this.#asking ??= this.#acquire().finally(() => {
      this.#asking = null;
    });
    return this.#asking;
  }

  async #acquire(): Promise<void> {
    const wanted = KINDS.filter((kind) => this.tracks[kind] === null);
    if (wanted.length === 0 || this.#stopped) return;
    const both = wanted.length === KINDS.length;
    if (both && (await this.#ask({ ...this.#want('camera'), ...this.#want('microphone') }, [])) === null)
      return;
    for (const kind of wanted) {
      let error = this.tracks[kind] === null ? await this.#ask(this.#want(kind), [kind]) : null;
      // The one of last time is not there: any other will do.
      if (error !== null && troubleOf(error) === 'missing' && this.memory.get(kind) !== '')
        error = await this.#ask(this.#want(kind, ''), [kind]);
      if (error !== null) this.#trouble[kind] = troubleOf(error);
    }
    this.changed();
  }

  /** This very device, or the one that was used last: as an ideal, a picture's size would count for as much. */
  #want(kind: Kind, id = this.memory.get(kind)): MediaStreamConstraints {
    const wanted = kind === 'camera' ? VIDEO : CAPTURE[this.#sound];
    const want = id === '' ? wanted : { ...wanted, deviceId: { exact: id } };
    return kind === 'camera' ? { video: want } : { audio: want };
  }

  /** The id of the device in use; empty where there is none. */
  chosen(kind: Kind): string {
    return this.tracks[kind]?.getSettings?.().deviceId ?? '';
  }

  /** Another camera or microphone, by its id; the one before goes on where that fails. Whether it worked. */
  async choose(kind: Kind, id: string): Promise<boolean> {
    await this.#asking;
    if (!(await this.#retake(kind, id))) return false;
    this.memory.set(kind, id);
    return true;
  }

  /** How the sound is sent from now on (T1). Where the microphone cannot be had so, all goes on as before: false. */
  useSound(sound: Sound): Promise<boolean> {
    const switched = this.#switching.then(() => this.#useSound(sound));
    // One that failed is the caller's to tell, and keeps none after it from being tried.
    this.#switching = switched.catch(() => undefined);
    return switched;
  }

  async #useSound(sound: Sound): Promise<boolean> {
    await this.#asking;
    if (this.#stopped) return false;
    const [before, track] = [this.#sound, this.tracks.microphone];
    this.#sound = sound;
    const there = sound === before || track === null || (await switchOver(track, sound));
    if (!there && !(await this.#retake('microphone', this.chosen('microphone')))) {
      this.#sound = before;
      if (track !== null) await switchOver(track, before);
      return false;
    }
    this.memory.sound = sound;
    this.changed();
    return true;
  }

  /** Takes this device in place of the one in use. */
  async #retake(kind: Kind, id: string): Promise<boolean> {
    if (this.#stopped) return false;
    const before = this.tracks[kind];
    let error = await this.#ask(this.#want(kind, id), []);
    if (error !== null && before !== null && troubleOf(error) === 'in_use') {
      // A phone opens one camera at a time: the other one first has to close.
      before.stop();
      this.tracks[kind] = null;
      error = await this.#ask(this.#want(kind, id), []);
      if (error !== null) await this.acquire();
    }
    if (error === null) return true;
    if (this.tracks[kind] === null) this.#trouble[kind] = troubleOf(error);
    this.changed();
    return false;
  }

  /** Null when it worked. `told` are the kinds whose trouble this asking would tell. */
  async #ask(want: MediaStreamConstraints, told: readonly Kind[]): Promise<unknown> {
    for (const kind of told) this.#trouble[kind] = 'asking';
    try {
      this.#take(await this.capture.getUserMedia(want));
      return null;
    } catch (error) {
      // Which of the two it was shows when each is asked for alone.
      return error ?? new Error('refused without a reason');
    }
  }

  #take(stream: MediaStream): void {
    for (const track of stream.getTracks()) {
      if (this.#stopped) {
        track.stop();
        continue;
      }
      const kind: Kind = track.kind === 'video' ? 'camera' : 'microphone';
      this.tracks[kind]?.stop();
      this.tracks[kind] = track;
      this.#trouble[kind] = 'on';
      track.enabled = !this.#off[kind];
      track.onended = () => this.#ended(kind, track);
    }
    this.changed();
  }

  #ended(kind: Kind, track: MediaStreamTrack): void {
    if (this.tracks[kind] !== track || this.#stopped) return;
    this.tracks[kind] = null;
    this.#trouble[kind] = 'ended';
    this.changed();
    // Unplugged, mostly: another device takes over, and it is said. Without one, the state says what is wrong.
    void Promise.resolve()
      .then(() => this.acquire())
      .then(() => {
        const now = this.tracks[kind];
        if (now !== null) this.fellBack(kind, track.label, now.label);
      });
  }

  /** Muting and switching the camera off are the person's own, and no trouble. */
  switch(kind: Kind): void {
    this.#off[kind] = !this.#off[kind];
    const track = this.tracks[kind];
    if (track !== null) track.enabled = !this.#off[kind];
    this.changed();
  }

  /** For good: nothing is taken again after it. */
  stop(): void {
    this.#stopped = true;
    for (const kind of KINDS) {
      this.tracks[kind]?.stop();
      this.tracks[kind] = null;
      this.#trouble[kind] = 'ended';
    }
    this.changed();
  }
}
