/** Talking or music (T1) in one stay in a room: what is pressed here, and what the teacher pressed. */

import type { Media } from '../media/media';
import type { Remembered } from '../media/remembered';
import { toObey } from '../room/sound';
import type { Sound, StatusFrame, You } from '../wire/types';
import { DEVICES, fill, SOUND } from '../words';

/** How long stands what music is: twenty words, read once on each device. */
export const FIRST_USE_MS = 15_000;

export interface RoomSoundPorts {
  media(): Media | null;
  /** The server's time, Unix ms. */
  now(): number;
  /** In the status line for a moment, and aloud: why something was not done. */
  say(text: string): void;
  /** As that, for so long, and only while the room itself has nothing to say there. */
  advise(text: string, ms: number): void;
  /** How it is sent has changed: the server is told at once. */
  changed(): void;
  remembered: Pick<Remembered, 'musicTold'>;
  /** Of this tab, so that a reload obeys no press a second time. */
  keep: Pick<Storage, 'getItem' | 'setItem'>;
  key: string;
}

export class RoomSound {
  constructor(private readonly ports: RoomSoundPorts) {}

  /** A teacher's page says its last press again: whoever comes in later obeys it, too. */
  welcomed(you: You): void {
    const media = this.ports.media();
    if (media !== null && you.role === 'teacher') media.soundTurn = this.#turn;
  }

  /** The teacher's press is everybody's: their pages find it in the status. */
  async choose(sound: Sound, you: You | null): Promise<void> {
    const media = this.ports.media();
    if (media === null || media.stopped) return;
    if (!(await media.own.useSound(sound))) {
      this.ports.say(fill(DEVICES.refused, { device: 'microphone' }));
      return;
    }
    if (you?.role === 'teacher') {
      media.soundTurn = Math.max(this.#turn + 1, Math.round(this.ports.now()));
      this.#turn = media.soundTurn;
    }
    this.#tellOfMusic(media);
    this.ports.changed();
  }

  /** A press of the teacher's sets this side's sound, once. What music is stands once on each device, before a lesson. */
  hear(status: StatusFrame, you: You | null): void {
    const media = this.ports.media();
    if (media === null || media.stopped) return;
    if (status.parts.some((part) => part.phase === 'before')) this.#tellOfMusic(media);
    const told = you?.role === 'pupil_side' ? toObey(status, this.#turn) : null;
    if (told === null) return;
    this.#turn = told.turn;
    media.own.useSound(told.sound).then(
      () => this.ports.changed(),
      (error: unknown) => console.info('sound', error),
    );
  }

  #tellOfMusic(media: Media): void {
    if (media.own.sound !== 'music' || this.ports.remembered.musicTold) return;
    this.ports.remembered.musicTold = true;
    this.ports.advise(SOUND.first_use, FIRST_USE_MS);
  }

  /** The press that was made here, or obeyed last; 0: none yet. */
  get #turn(): number {
    return Number(this.ports.keep.getItem(this.ports.key)) || 0;
  }

  set #turn(turn: number) {
    this.ports.keep.setItem(this.ports.key, String(turn));
  }
}
