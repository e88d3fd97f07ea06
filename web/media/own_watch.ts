/** In the lesson: one's own picture that is black or does not move, one's own microphone that sends nothing. */

import {
  LESSON_PICTURE,
  LESSON_SILENT_AGAIN_MS,
  LESSON_SILENT_MS,
  type PictureState,
  PictureWatch,
  type SoundState,
  SoundWatch,
} from './check';
import type { OwnDevices } from './devices';
import { Ear, Eye, LONG_SAMPLES } from './observe';

/** Looked at this often: what it finds has lasted for seconds. */
export const WATCH_MS = 1_000;

export interface OwnSight {
  ownPicture: 'fine' | 'black' | 'frozen';
  ownSound: 'fine' | 'silent';
}
export const ALL_FINE: OwnSight = { ownPicture: 'fine', ownSound: 'fine' };

type Own = Pick<OwnDevices, 'tracks' | 'state'>;

export class OwnWatch {
  #eye: Eye | null = null;
  #picture = new PictureWatch(LESSON_PICTURE);
  #ear: Ear | null = null;
  #sound = new SoundWatch(LESSON_SILENT_MS, LESSON_SILENT_AGAIN_MS);

  /** `hidden`: the page is, and browsers then draw no pictures. */
  look(own: Own, hidden: boolean, now: number): OwnSight {
    return { ownPicture: this.#lookAt(own, hidden, now), ownSound: this.#listenTo(own, now) };
  }

  close(): void {
    this.#eye?.close();
    this.#eye = null;
    this.#ear?.close();
    this.#ear = null;
  }

  #lookAt(own: Own, hidden: boolean, now: number): OwnSight['ownPicture'] {
    const track = own.state('camera') === 'on' ? own.tracks.camera : null;
    if (track === null || track !== this.#eye?.track) {
      this.#eye?.close();
      this.#eye = track === null ? null : new Eye(track);
      this.#picture = new PictureWatch(LESSON_PICTURE);
    }
    if (this.#eye === null || hidden) return 'fine';
    const seen = this.#eye.look();
    const state: PictureState = this.#picture.see(seen?.light ?? null, seen?.frames ?? 0, now);
    return state === 'waiting' ? 'fine' : state;
  }

  #listenTo(own: Own, now: number): OwnSight['ownSound'] {
    const track = own.state('microphone') === 'on' ? own.tracks.microphone : null;
    if (track === null || track !== this.#ear?.track) {
      this.#ear?.close();
      this.#ear = track === null ? null : new Ear(track, LONG_SAMPLES);
      this.#sound = new SoundWatch(LESSON_SILENT_MS, LESSON_SILENT_AGAIN_MS);
    }
    const peak = this.#ear?.listen() ?? null;
    if (peak === null) {
      this.#sound.pause();
      return 'fine';
    }
    const state: SoundState = this.#sound.hear(peak, now);
    return state === 'silent' ? 'silent' : 'fine';
  }
}
