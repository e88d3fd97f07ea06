/** Which camera, microphone and speaker this browser used last, and how its sound was sent. It stays on this device; the server never learns it. */

import type { Sound } from '../wire/types';
import type { Kind } from './devices';
import { FIRST_SOUND } from './music';

export type Device = Kind | 'speaker';
export type Keep = Pick<Storage, 'getItem' | 'setItem'>;

const KEY = 'devices';
/** Browsers' device ids are hashes of 44 to 64 characters. */
const ID_CHARS_MAX = 200;

interface Kept {
  camera: string;
  microphone: string;
  speaker: string;
  /** The speaker on which a note was heard; null: on none yet. The browser's own choice is the empty string. */
  heard: string | null;
  sound: Sound;
  /** What music is, and that it wants headphones, was said here. */
  musicTold: boolean;
}

const NONE: Kept = {
  camera: '',
  microphone: '',
  speaker: '',
  heard: null,
  sound: FIRST_SOUND,
  musicTold: false,
};

export class Remembered {
  constructor(private readonly keep: Keep | null) {}

  /** The id; empty where the browser is to choose. */
  get(device: Device): string {
    return this.#kept()[device];
  }

  set(device: Device, id: string): void {
    this.#write({ ...this.#kept(), [device]: id });
  }

  /** A note was heard on the speaker that is used now, or was not. */
  heardIs(heard: boolean): void {
    const kept = this.#kept();
    this.#write({ ...kept, heard: heard ? kept.speaker : null });
  }

  get heard(): boolean {
    const { heard, speaker } = this.#kept();
    return heard === speaker;
  }

  get sound(): Sound {
    return this.#kept().sound;
  }

  set sound(sound: Sound) {
    this.#write({ ...this.#kept(), sound });
  }

  get musicTold(): boolean {
    return this.#kept().musicTold;
  }

  set musicTold(musicTold: boolean) {
    this.#write({ ...this.#kept(), musicTold });
  }

  /** This device has passed a check: camera and microphone are named, and a note was heard on the speaker. */
  get known(): boolean {
    const { camera, microphone } = this.#kept();
    return camera !== '' && microphone !== '' && this.heard;
  }

  #kept(): Kept {
    try {
      const found = JSON.parse(this.keep?.getItem(KEY) ?? '{}') as Record<string, unknown> | null;
      const id = (value: unknown) => (typeof value === 'string' && value.length <= ID_CHARS_MAX ? value : '');
      return {
        camera: id(found?.camera),
        microphone: id(found?.microphone),
        speaker: id(found?.speaker),
        heard: typeof found?.heard === 'string' ? found.heard : null,
        sound: found?.sound === 'talking' || found?.sound === 'music' ? found.sound : FIRST_SOUND,
        musicTold: found?.musicTold === true,
      };
    } catch {
      // Storage that is forbidden, or holds somebody else's words, remembers nothing.
      return NONE;
    }
  }

  #write(kept: Kept): void {
    try {
      this.keep?.setItem(KEY, JSON.stringify(kept));
    } catch (error) {
      console.info('devices are not remembered', error);
    }
  }
}

/** This browser's; reading `localStorage` alone throws where it is forbidden. */
export function rememberedHere(): Remembered {
  try {
    return new Remembered(localStorage);
  } catch {
    return new Remembered(null);
  }
}
