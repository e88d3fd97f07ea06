/** One device check: camera, microphone, speaker, line. Owns the devices while it lasts; pages read its signals. */

import { type Signal, signal } from '@preact/signals';
import {
  CHECK_PICTURE,
  CHECK_SILENT_MS,
  type Level,
  type LineFacts,
  lineOf,
  NO_LEVEL,
  PictureWatch,
  type RowName,
  type Rows,
  SoundWatch,
  UNCHECKED,
} from '../media/check';
import { KINDS, type Kind, OwnDevices } from '../media/devices';
import { browserLinePorts, measureLine } from '../media/line_check';
import { Ear, Eye } from '../media/observe';
import { type Remembered, rememberedHere } from '../media/remembered';
import { playNote } from '../ui/note';
import { soundFrom } from '../ui/speaker';

/** The meter follows within 100 ms. */
const LOOK_MS = 100;
export const RECORD_MS = 3_000;

export type Taking = 'no' | 'recording' | 'playing';

export class DeviceCheckSession {
  readonly rows: Signal<Rows> = signal(UNCHECKED);
  readonly level: Signal<Level> = signal(NO_LEVEL);
  readonly facts: Signal<LineFacts | null> = signal(null);
  /** A chosen device could not be used; the one before goes on. */
  readonly refused: Signal<Kind | null> = signal(null);
  readonly taking: Signal<Taking> = signal('no');
  /** The camera and microphone were asked for. */
  readonly on = signal(false);
  /** A note was heard on this speaker last time, not now. */
  readonly heardBefore = signal(false);
  /** Changes with the tracks. */
  readonly turn = signal(0);
  readonly own: OwnDevices;
  readonly canRecord = typeof MediaRecorder === 'function';
  readonly #memory: Remembered = rememberedHere();
  readonly #known = this.#memory.known;
  #stop = new AbortController();
  #measuring: AbortController | null = null;
  #eye: Eye | null = null;
  #ear: Ear | null = null;
  #picture = new PictureWatch(CHECK_PICTURE);
  #sound = new SoundWatch(CHECK_SILENT_MS);
  #timer: ReturnType<typeof setInterval> | undefined;
  #recorder: MediaRecorder | null = null;
  #player: HTMLAudioElement | null = null;

  constructor() {
    this.own = new OwnDevices(
      { getUserMedia: (want) => navigator.mediaDevices.getUserMedia(want) },
      () => this.#devicesChanged(),
      this.#memory,
    );
  }

  /** The line asks nothing of the person; devices only by themselves where this browser passed and may use them. */
  start(): void {
    void this.measure();
    navigator.mediaDevices.addEventListener('devicechange', this.#again);
    if (!this.#known) return;
    allowed().then(
      (may) => {
        if (!may || this.#stop.signal.aborted) return;
        this.heardBefore.value = true;
        this.#set('speaker', 'good');
        void this.turnOn();
      },
      (error: unknown) => console.info('permissions', error),
    );
  }

  /** Camera and microphone go off, and nothing of the check goes on. */
  dispose(): void {
    this.#stop.abort();
    this.#measuring?.abort();
    clearInterval(this.#timer);
    navigator.mediaDevices.removeEventListener('devicechange', this.#again);
    this.#forget();
    this.own.stop();
    this.#eye?.close();
    this.#ear?.close();
  }

  async turnOn(): Promise<void> {
    this.on.value = true;
    for (const kind of KINDS) if (this.own.tracks[kind] === null) this.#set(kind, 'checking');
    this.#timer ??= setInterval(() => this.#look(), LOOK_MS);
    await this.own.acquire();
    this.#devicesChanged();
  }

  async choose(kind: Kind, id: string): Promise<void> {
    this.refused.value = null;
    if (kind === 'microphone') this.#forget();
    if (!(await this.own.choose(kind, id))) this.refused.value = kind;
  }

  async measure(): Promise<void> {
    this.#measuring?.abort();
    const measuring = new AbortController();
    this.#measuring = measuring;
    this.#set('connection', 'checking');
    this.facts.value = null;
    const facts = await measureLine(browserLinePorts(), measuring.signal);
    if (measuring.signal.aborted) return;
    this.facts.value = facts;
    this.#set('connection', lineOf(facts));
  }

  async playNote(): Promise<void> {
    this.heardBefore.value = false;
    this.#set('speaker', 'asking');
    await playNote();
  }

  heard(yes: boolean): void {
    this.#memory.heardIs(yes);
    this.#set('speaker', yes ? 'good' : 'unheard');
  }

  speakerChosen(): void {
    this.heardBefore.value = false;
    this.#set('speaker', this.#memory.heard ? 'good' : 'unchecked');
  }

  /** Three seconds of one's own microphone, played once: no live loop, which howls. It never leaves this device. */
  record(): void {
    const track = this.own.tracks.microphone;
    if (track === null || this.taking.value !== 'no') return;
    const recorder = new MediaRecorder(new MediaStream([track]));
    const pieces: Blob[] = [];
    recorder.ondataavailable = ({ data }) => pieces.push(data);
    recorder.onstop = () => {
      if (this.#recorder === recorder) this.#play(new Blob(pieces, { type: recorder.mimeType }));
    };
    this.#recorder = recorder;
    this.taking.value = 'recording';
    recorder.start();
    setTimeout(() => {
      if (recorder.state !== 'inactive') recorder.stop();
    }, RECORD_MS);
  }

  #play(sound: Blob): void {
    const address = URL.createObjectURL(sound);
    const player = new Audio(address);
    const done = () => {
      URL.revokeObjectURL(address);
      if (this.#player === player) this.taking.value = 'no';
    };
    this.#player = player;
    this.taking.value = 'playing';
    player.onended = done;
    player.onerror = done;
    soundFrom(player)
      .then(() => player.play())
      .catch(done);
  }

  #forget(): void {
    const recorder = this.#recorder;
    this.#recorder = null;
    if (recorder !== null && recorder.state !== 'inactive') recorder.stop();
    this.#player?.pause();
    this.#player = null;
    this.taking.value = 'no';
  }

  #devicesChanged(): void {
    this.turn.value += 1;
    if (!this.on.value || this.#stop.signal.aborted) return;
    for (const kind of KINDS) {
      const state = this.own.state(kind);
      if (state === 'blocked' || state === 'missing' || state === 'in_use') this.#set(kind, state);
      else if (state === 'ended') this.#set(kind, 'missing');
    }
    this.#follow();
  }

  /** A new track is looked at afresh: what the one before proved is nothing of this one's. */
  #follow(): void {
    const { camera, microphone } = this.own.tracks;
    if (camera !== (this.#eye?.track ?? null)) {
      this.#eye?.close();
      this.#eye = camera === null ? null : new Eye(camera);
      this.#picture = new PictureWatch(CHECK_PICTURE);
      if (camera !== null) this.#set('camera', 'checking');
    }
    if (microphone !== (this.#ear?.track ?? null)) {
      this.#ear?.close();
      this.#ear = microphone === null ? null : new Ear(microphone);
      this.#sound = new SoundWatch(CHECK_SILENT_MS);
      this.level.value = NO_LEVEL;
      if (microphone !== null) this.#set('microphone', 'listening');
    }
  }

  #look(): void {
    const now = performance.now();
    if (this.#eye !== null && !document.hidden) {
      const seen = this.#eye.look();
      const state = this.#picture.see(seen?.light ?? null, seen?.frames ?? 0, now);
      if (state === 'fine') this.#proven('camera');
      else this.#set('camera', state === 'waiting' ? 'checking' : state);
    }
    const peak = this.#ear?.listen() ?? null;
    if (peak === null) this.#sound.pause();
    else {
      const state = this.#sound.hear(peak, now);
      this.level.value = this.#sound.level;
      // Of a microphone that has passed before, any sound of the room is enough: nobody has to play for it again.
      const proven = this.#sound.noted || (this.#known && this.#same('microphone') && this.#sound.heard);
      if (state === 'silent') this.#set('microphone', 'silent');
      else if (proven) this.#proven('microphone');
      else this.#set('microphone', 'listening');
    }
  }

  #proven(kind: Kind): void {
    if (this.rows.value[kind] === 'good') return;
    this.#memory.set(kind, this.own.chosen(kind));
    this.#set(kind, 'good');
  }

  #same(kind: Kind): boolean {
    return this.own.chosen(kind) === this.#memory.get(kind);
  }

  #set<Row extends RowName>(row: Row, state: Rows[Row]): void {
    if (this.rows.value[row] !== state) this.rows.value = { ...this.rows.value, [row]: state };
  }

  #again = () => {
    if (this.on.value) void this.own.acquire();
  };
}

/** Both may be used without a question. A browser that does not tell is asked by a press, as the first time. */
async function allowed(): Promise<boolean> {
  const names = ['camera', 'microphone'] as unknown as PermissionName[];
  const found = await Promise.all(names.map((name) => navigator.permissions.query({ name })));
  return found.every(({ state }) => state === 'granted');
}
