/** One stay in a lesson's room: wires the line, the state and the media together. Pages read its signals. */

import { type Signal, signal } from '@preact/signals';
import { FreshIce } from '../media/fresh_ice';
import type { LegPorts } from '../media/leg';
import { Media, makeConnection } from '../media/media';
import { BITS_PER_S } from '../media/music';
import { OwnWatch, WATCH_MS } from '../media/own_watch';
import { Publishing } from '../media/publishing';
import { RelayPath } from '../media/relay_path';
import { rememberedHere } from '../media/remembered';
import { Watching } from '../media/watching';
import { serverNow } from '../room/clock';
import { SPEAKER_UNPLUGGED, unplugged } from '../room/device_words';
import { present } from '../room/present';
import { isEnded, type Presentation } from '../room/presentation';
import { pupilName, sideName, TEACHER } from '../room/sides';
import { SILENT, type Spoken, speak } from '../room/speech';
import { EMPTY, type Here, here, type Pending, type RoomState, reduce } from '../room/state';
import { type Steady, steady } from '../room/steady';
import { announce } from '../ui/announce';
import { chime } from '../ui/chime';
import { speakerFellBack } from '../ui/speaker';
import { http } from '../wire/http';
import { browserPorts, deviceId, LessonSocket, type Ports } from '../wire/lesson_socket';
import type {
  Ack,
  ActionFrame,
  Happened,
  IceServersFrame,
  Message,
  ServerFrame,
  Sound,
  Welcome,
  Wish,
} from '../wire/types';
import { fill, ROOM } from '../words';
import { RoomSound } from './room_sound';
import { takeAhead } from './ticket_ahead';

/** The clock is drawn this often: a second never seems to last two. */
const TICK_MS = 250;
const REPORT_MS = 1_000;
/** Refusals that may be none the next time. */
const FOR_NOW: ReadonlySet<string> = new Set(['try_again', 'busy', 'too_fast']);
/** How long a refusal stands in the status line. */
const NOTICE_MS = 6_000;
/** Events older than this came before we were here: they are not spoken. */
const NEWS_MS = 5_000;
/** A leave that the server does not acknowledge by then is told by the closing line itself. */
const LEAVE_MS = 1_000;

export class RoomSession {
  readonly state: Signal<RoomState> = signal(EMPTY);
  readonly shown: Signal<Presentation> = signal(present(EMPTY, 0));
  readonly pending: Signal<readonly Pending[]> = signal([]);
  readonly notice = signal('');
  /** What is good to know, where the room itself has nothing to say. */
  readonly advice = signal('');
  readonly draft: Signal<string>;
  /** Changes whenever media did: pictures are drawn from `media`. */
  readonly mediaTurn = signal(0);
  readonly soundTries = signal(0);
  media: Media | null;
  /** What an observer sees and hears; null for everybody else. */
  readonly watching: Watching | null;
  readonly #socket: LessonSocket;
  readonly #ports: Ports;
  readonly #observing: boolean;
  #publishing: Publishing | null = null;
  #relayPath: RelayPath | null = null;
  #legs = 0;
  readonly #freshIce = new FreshIce({
    ask: () => this.#socket.send({ type: 'ice' }),
    later: (ms, call) => this.#ports.later(ms, call),
  });
  #steady: Steady | null = null;
  #spoken: Spoken = SILENT;
  #timers: ReturnType<typeof setInterval>[] = [];
  #noticeTimer: ReturnType<typeof setTimeout> | undefined;
  #adviceTimer: ReturnType<typeof setTimeout> | undefined;
  #blocked = new Set<string>();
  #reporting = false;
  readonly #watch = new OwnWatch();
  readonly #remembered = rememberedHere();
  readonly #sound: RoomSound;

  constructor(
    readonly lesson: string,
    observing: boolean,
    readonly pupil: string | null = null,
  ) {
    this.#observing = observing;
    const ask = async () => (await http.ticket(lesson, pupil)).ticket;
    this.#ports = browserPorts(() => (observing ? takeAhead(lesson) : null) ?? ask());
    this.draft = signal(this.#ports.keep.getItem(this.#draftKey) ?? '');
    this.#socket = new LessonSocket(this.#place, deviceId(this.#ports.keep), this.#ports, {
      frame: (frame) => this.#frame(frame),
      link: (link, refusal, code) => this.#link(link, refusal, code),
      answered: (asked, ack) => this.#answered(asked, ack),
    });
    this.media = observing ? null : this.#freshMedia();
    this.#sound = new RoomSound({
      media: () => this.media,
      now: () => this.now(),
      say: (text) => this.say(text),
      advise: (text, ms) => this.#advise(text, ms),
      changed: () => void this.#report(),
      remembered: this.#remembered,
      keep: this.#ports.keep,
      key: `sound:${this.#place}`,
    });
    this.watching = observing ? this.#freshWatching() : null;
  }

  start(): void {
    this.#socket.start();
    this.watching?.warm();
    void this.media?.own.acquire();
    this.#timers.push(setInterval(() => this.#tick(), TICK_MS));
    if (!this.#observing) this.#timers.push(setInterval(() => void this.#report(), REPORT_MS));
    if (!this.#observing) this.#timers.push(setInterval(() => this.#watchOwn(), WATCH_MS));
    addEventListener('online', this.#hurry);
    document.addEventListener('visibilitychange', this.#hurry);
    navigator.mediaDevices?.addEventListener('devicechange', this.#devicesChanged);
    this.#outboxChanged();
  }

  dispose(): void {
    for (const timer of this.#timers) clearInterval(timer);
    this.#timers = [];
    clearTimeout(this.#noticeTimer);
    clearTimeout(this.#adviceTimer);
    removeEventListener('online', this.#hurry);
    document.removeEventListener('visibilitychange', this.#hurry);
    navigator.mediaDevices?.removeEventListener('devicechange', this.#devicesChanged);
    this.#socket.stop();
    this.#freshIce.stop();
    this.#stopMedia();
    this.#watch.close();
  }

  // What the person does ------------------------------------------------------------------------------------

  /** Asks the server; a full outbox says so instead of forgetting. */
  ask(wish: Wish): boolean {
    const asked = this.#socket.ask(wish);
    if (asked === null) this.say('Too much is waiting to be sent. Wait until the connection is back.');
    this.#outboxChanged();
    return asked !== null;
  }

  setDraft(text: string): void {
    this.draft.value = text;
    if (text === '') this.#ports.keep.removeItem(this.#draftKey);
    else this.#ports.keep.setItem(this.#draftKey, text);
  }

  sayDraft(): void {
    if (this.ask({ type: 'say', text: this.draft.value.trim() })) this.setDraft('');
  }

  /** The one click: own camera and microphone stop first, line or no line; the order goes until the server has it. */
  end(): void {
    this.#stopOwn();
    this.#update(here(this.state.value, { endPressed: true }));
    this.ask({ type: 'end' });
  }

  flag(message: string): void {
    this.#stopOwn();
    this.#update(here(this.state.value, { endPressed: true }));
    this.ask({ type: 'flag', message });
  }

  async leave(): Promise<void> {
    this.#stopMedia();
    this.ask({ type: 'leave' });
    const until = performance.now() + LEAVE_MS;
    while (performance.now() < until && this.#socket.outbox.waiting.some((frame) => frame.type === 'leave')) {
      await new Promise((resolve) => setTimeout(resolve, 50));
    }
    this.dispose();
  }

  useHere(): void {
    if (!this.#observing && (this.media === null || this.media.stopped)) {
      this.media = this.#freshMedia();
      void this.media.own.acquire();
    }
    this.#update(here(this.state.value, { link: 'joining' }));
    this.#steady = null;
    this.#socket.start(true);
  }

  cannotSee(): void {
    this.ask({ type: 'cannot_see' });
    this.media?.restart();
  }

  understood(reason: string): void {
    this.#update(here(this.state.value, { understood: reason }));
  }

  tryDevices(): void {
    void this.media?.own.acquire();
  }

  async chooseSound(sound: Sound): Promise<void> {
    await this.#sound.choose(sound, this.state.value.you);
  }

  playSound(): void {
    this.soundTries.value += 1;
  }

  /** A picture's sound waits for a tap, or does not any more. */
  soundIs(side: string, blocked: boolean): void {
    if (blocked) this.#blocked.add(side);
    else this.#blocked.delete(side);
    this.#setHere({ soundBlocked: this.#blocked.size > 0 });
  }

  /** Why something was not done: in the status line for a moment, and aloud. */
  say(text: string): void {
    this.notice.value = text;
    announce(text);
    clearTimeout(this.#noticeTimer);
    this.#noticeTimer = setTimeout(() => {
      this.notice.value = '';
    }, NOTICE_MS);
  }

  #advise(text: string, ms: number): void {
    this.advice.value = text;
    announce(text);
    clearTimeout(this.#adviceTimer);
    this.#adviceTimer = setTimeout(() => {
      this.advice.value = '';
    }, ms);
  }

  now(): number {
    const { sight } = this.state.value;
    return sight === null ? Date.now() : serverNow(sight, performance.now());
  }

  // What comes in -------------------------------------------------------------------------------------------

  #frame(frame: ServerFrame): void {
    this.#update(reduce(this.state.value, frame, performance.now()));
    switch (frame.type) {
      case 'welcome':
        this.#useServers(frame);
        this.#openLeg(frame);
        this.#sound.welcomed(frame.you);
        if (!frame.resumed) announce(`${ROOM.observed.both}`);
        break;
      case 'status':
        this.#sound.hear(frame, this.state.value.you);
        break;
      case 'peers':
        this.media?.setPeers(frame.peers);
        break;
      case 'signal':
        this.media?.receive(frame);
        break;
      case 'ice_servers':
        this.#useServers(frame);
        break;
      case 'leg_answer':
      case 'leg_refused':
        this.#relayPath?.receive(frame);
        this.watching?.receive(frame);
        break;
      case 'halt':
        this.#stopMedia();
        break;
      case 'event':
        if (frame.event.shown === 'closing') this.#stopMedia();
        if (frame.event.shown === 'message') this.#heard(frame.event);
        if (frame.event.shown === 'happened') this.#happened(frame.event);
        break;
      case 'error':
        this.say(frame.text);
        break;
    }
  }

  #heard(message: Message): void {
    const { you, lesson } = this.state.value;
    if (lesson === null || message.side === you?.side || this.now() - message.at > NEWS_MS) return;
    announce(`${sideName(lesson, message.side)}: ${message.text ?? ''}`);
  }

  #happened(line: Happened): void {
    const { you, lesson } = this.state.value;
    if (lesson === null || line.side === null || line.side === you?.side || this.now() - line.at > NEWS_MS)
      return;
    if (line.what === 'here' && this.now() < lesson.starts_at) {
      const pupil = line.side === TEACHER ? lesson.teacher_name : pupilName(lesson, line.side);
      announce(line.side === TEACHER ? `${pupil} is here.` : fill(ROOM.before.arrived, { pupil }));
      if (!this.#observing) chime((error) => console.info('no chime', error));
    }
  }

  #link(link: Here['link'], refusal: string, refusalCode: string): void {
    // Open it is with the first status, not with the welcome: `reduce`.
    if (link === 'open' || (link === 'refused' && this.state.value.closing !== null)) return;
    const lost = link === 'reconnecting' && this.state.value.here.lostAt === 0;
    const change: Partial<Here> = { link, refusal, refusalCode };
    if (lost && this.state.value.sight !== null) change.lostAt = this.now();
    this.#setHere(change);
    // Another screen has the lesson, or the server will not have us: nothing of ours goes on.
    if (link === 'moved' || link === 'refused') this.#stopMedia();
  }

  #answered(asked: ActionFrame, ack: Ack): void {
    this.#outboxChanged();
    if (ack.ok) return;
    if (asked.type === 'end' || asked.type === 'flag') this.#setHere({ endPressed: false });
    // Not stored, and nobody saw it: the words are given back, so that nobody has to type them again.
    if (asked.type === 'say' && FOR_NOW.has(ack.code ?? '') && this.draft.value === '')
      this.setDraft(asked.text);
    if (asked.type !== 'leave') this.say(ack.text || 'That did not work. Try again.');
  }

  #outboxChanged(): void {
    const says = this.#socket.outbox.waiting.filter((frame) => frame.type === 'say');
    this.pending.value = says.map((frame) => ({ action: frame.action, text: frame.text }));
    const ends = this.#socket.outbox.waiting.some((frame) => frame.type === 'end' || frame.type === 'flag');
    if (ends && !this.state.value.here.endPressed) {
      // The page was loaded again before the server had the order: it stands.
      this.#stopOwn();
      this.#setHere({ endPressed: true });
    }
  }

  // What time and media bring -------------------------------------------------------------------------------

  #tick(): void {
    const now = this.now();
    const next = present(this.state.value, now);
    const before = this.#steady?.shown.state;
    this.#steady = steady(this.#steady, next, now);
    this.shown.value = this.#steady.shown;
    const { spoken, say } = speak(this.#spoken, this.#steady.shown, now);
    this.#spoken = spoken;
    if (say !== null) announce(say.text, say.assertive);
    if (before !== undefined && !isEnded(before) && isEnded(this.#steady.shown.state)) {
      requestAnimationFrame(() => document.getElementById('ended')?.focus());
    }
  }

  async #report(): Promise<void> {
    const { media } = this;
    if (media === null || media.stopped || this.#reporting || !this.#socket.open) return;
    this.#reporting = true;
    try {
      this.#socket.report(await media.report());
    } catch (error) {
      console.info('no report', error);
    } finally {
      this.#reporting = false;
    }
  }

  #freshMedia(): Media {
    const media = new Media({
      getUserMedia: (want) => navigator.mediaDevices.getUserMedia(want),
      makeConnection,
      signal: (frame) => {
        this.#socket.send(frame);
      },
      later: this.#ports.later,
      note: (what, error) => console.info(what, error),
      changed: () => this.#mediaChanged(media),
      memory: this.#remembered,
      fellBack: (kind, was, now) => this.say(unplugged(kind, was, now)),
      now: this.#ports.now,
    });
    this.#publishing = new Publishing(
      media.own.tracks,
      this.#legPorts(() => undefined),
      () => BITS_PER_S[media.own.sound],
    );
    const ports = this.#legPorts(() => this.#mediaChanged(media));
    this.#relayPath = new RelayPath(this.#publishing, ports, media.direct);
    media.useRelay(this.#relayPath);
    return media;
  }

  #useServers({ ice_servers, ice_life_s }: Welcome | IceServersFrame): void {
    this.media?.useServers(ice_servers);
    this.#freshIce.given(ice_life_s);
  }

  /** Once welcomed, every page has a leg to the relay where there is one: a participant's sends, watched or not. */
  #openLeg({ relay, ice_servers: servers, lesson }: Welcome): void {
    this.#relayPath?.welcomed(relay, servers);
    this.watching?.welcomed(relay, servers, [TEACHER, ...lesson.pupils.map((pupil) => pupil.id)]);
  }

  #freshWatching(): Watching {
    const changed = () => {
      this.mediaTurn.value += 1;
    };
    return new Watching(this.#legPorts(changed));
  }

  #legPorts(changed: () => void): LegPorts {
    return {
      makeConnection,
      send: (frame) => this.#socket.send(frame),
      later: this.#ports.later,
      random: this.#ports.random,
      now: this.#ports.now,
      number: () => {
        this.#legs += 1;
        return this.#legs;
      },
      note: (what, error) => console.info(what, error),
      changed,
    };
  }

  #stopMedia(): void {
    this.#watch.close();
    this.media?.stop();
    this.watching?.stop();
  }

  /** Own camera and microphone, for good, and what carries them to the relay. */
  #stopOwn(): void {
    this.#watch.close();
    this.media?.own.stop();
    this.#publishing?.stop();
  }

  #mediaChanged(media: Media): void {
    if (media !== this.media) return;
    this.#publishing?.useTracks();
    this.mediaTurn.value += 1;
    this.#setHere({
      camera: media.own.state('camera'),
      microphone: media.own.state('microphone'),
      sound: media.own.sound,
      mediaFlows: media.flowsAnywhere,
    });
  }

  /** What the browser calls on may still send nothing: looked at here, told to nobody else. */
  #watchOwn(): void {
    if (this.media === null || this.media.stopped) {
      this.#watch.close();
      return;
    }
    const { media } = this;
    const theirs = this.state.value.peers.flatMap(({ side }) => media.incoming(side));
    const sounds = theirs.filter((track) => track.kind === 'audio');
    const sight = this.#watch.look(media.own, sounds, document.hidden, performance.now());
    const { ownPicture, ownSound } = this.state.value.here;
    if (sight.ownPicture !== ownPicture || sight.ownSound !== ownSound) this.#setHere(sight);
  }

  #setHere(change: Partial<Here>): void {
    this.#update(here(this.state.value, change));
  }

  #update(state: RoomState): void {
    this.state.value = state;
    this.#tick();
  }

  /** What a tab keeps is of one side: a sibling's page in the same tab must not send it. */
  get #place(): string {
    return this.pupil === null ? this.lesson : `${this.lesson}/${this.pupil}`;
  }

  get #draftKey(): string {
    return `draft:${this.#place}`;
  }

  #hurry = () => this.#socket.hurry();
  #devicesChanged = () => {
    if (this.media !== null && !this.media.stopped) void this.media.own.acquire();
    speakerFellBack().then(
      (fell) => fell && this.say(SPEAKER_UNPLUGGED),
      (error: unknown) => console.info('speaker', error),
    );
  };
}
