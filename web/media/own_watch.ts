/**
 * In the lesson: one's own picture that is black or does not move, one's own microphone that sends nothing, and a voice at
 * a microphone that is off. All of it stays on this device.
 */

import {
  LESSON_PICTURE,
  LESSON_SILENT_AGAIN_MS,
  LESSON_SILENT_MS,
  MutedWatch,
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
  ownSound: 'fine' | 'silent' | 'muted';
}
export const ALL_FINE: OwnSight = { ownPicture: 'fine', ownSound: 'fine' };

/** Of the others' sound, 0 to 1: −34 dB, quiet speech. Above it a loudspeaker may be what the microphone hears. */
const DROWNS_PEAK = 0.02;

/** An ear on each of these tracks, and on no other. */
function following(ears: readonly Ear[], tracks: readonly MediaStreamTrack[]): Ear[] {
  for (const ear of ears) if (!tracks.includes(ear.track)) ear.close();
  return tracks.map((track) => ears.find((ear) => ear.track === track) ?? new Ear(track, LONG_SAMPLES));
}

type Own = Pick<OwnDevices, 'tracks' | 'state'>;

export class OwnWatch {
  #eye: Eye | null = null;
  #picture = new PictureWatch(LESSON_PICTURE);
  #ear: Ear | null = null;
  #sound = new SoundWatch(LESSON_SILENT_MS, LESSON_SILENT_AGAIN_MS);
  #muted: { of: MediaStreamTrack; ear: Ear; watch: MutedWatch; theirs: Ear[] } | null = null;

  /** `hidden`: the page is, and browsers then draw no pictures. `theirs`: the other sides' sound, as it is played here. */
  look(own: Own, theirs: readonly MediaStreamTrack[], hidden: boolean, now: number): OwnSight {
    const ownSound = this.#listenMuted(own, theirs, now) ? 'muted' : this.#listenTo(own, now);
    return { ownPicture: this.#lookAt(own, hidden, now), ownSound };
  }

  close(): void {
    this.#eye?.close();
    this.#eye = null;
    this.#ear?.close();
    this.#ear = null;
    this.#closeMuted();
  }

  /** A track that is off gives silence: a copy that nobody sends is listened to. It ends as soon as the track is on. */
  #listenMuted(own: Own, theirs: readonly MediaStreamTrack[], now: number): boolean {
    const track = own.state('microphone') === 'off' ? own.tracks.microphone : null;
    if (track !== (this.#muted?.of ?? null)) this.#closeMuted();
    if (track === null) return false;
    if (this.#muted === null) {
      const copy = track.clone();
      copy.enabled = true;
      this.#muted = { of: track, ear: new Ear(copy, LONG_SAMPLES), watch: new MutedWatch(), theirs: [] };
    }
    const muted = this.#muted;
    muted.theirs = following(muted.theirs, theirs);
    const peak = muted.ear.listen();
    // What comes out of the loudspeaker goes into the microphone, and with music nothing takes it away.
    const drowned = muted.theirs.some((ear) => (ear.listen() ?? 1) >= DROWNS_PEAK);
    return peak !== null && muted.watch.hear(drowned ? 0 : peak, now);
  }

  #closeMuted(): void {
    this.#muted?.ear.track.stop();
    this.#muted?.ear.close();
    for (const ear of this.#muted?.theirs ?? []) ear.close();
    this.#muted = null;
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
