/** An observer's leg: receives each side's sound and picture from the relay, and sends nothing. */

import type { IceServer, LegAnswer, LegRefused } from '../wire/types';
import { Leg, type LegPorts, type LegState } from './leg';

/** How often is looked whether pictures come. */
export const LOOK_MS = 500;
/** At 15 frames a second this long without one is no hiccup: the picture on the screen is not now. */
export const STALE_MS = 3_000;
/** The relay answers these and no other; so eight sides' offer fits into a description's bound. */
const CODECS: ReadonlySet<string> = new Set(['audio/opus', 'video/VP8']);

/** What an offer that is made ahead receives of: a teacher and a pupil. */
const LIKELY_SIDES: readonly string[] = ['', ''];

export type Sight = 'coming' | 'here' | 'gone';

export type WatchingPorts = LegPorts;

/** When each of a side's counters last went up; null before the first. */
interface Seen {
  frames: number;
  packets: number;
  frameAt: number | null;
  packetAt: number | null;
}

export class Watching {
  readonly #leg: Leg;
  #sides: readonly string[] = [];
  #tracks = new Map<string, MediaStreamTrack[]>();
  #seen = new Map<string, Seen>();
  /** When this leg was first seen open. */
  #openAt: number | null = null;
  #relay = false;
  #cancelLook: (() => void) | null = null;

  constructor(private readonly ports: WatchingPorts) {
    this.#leg = new Leg(ports, (connection) => this.#prepare(connection));
  }

  get state(): LegState {
    return this.#leg.state;
  }

  /** Whether the server has a relay at all. */
  get relay(): boolean {
    return this.#relay;
  }

  /** Before the first welcome: most lessons have one pupil, and an offer names no side. */
  warm(): void {
    this.#sides = LIKELY_SIDES;
    this.#leg.warm();
  }

  /** After each welcome: the leg before went with its line. The teacher first, then the pupils in the lesson's order. */
  welcomed(relay: boolean, servers: readonly IceServer[], sides: readonly string[]): void {
    if (servers.length > 0 || sides.length !== this.#sides.length) this.#leg.cool();
    this.#sides = sides;
    this.#relay = relay;
    if (relay) this.#leg.open(servers);
    else this.#leg.drop();
  }

  receive(frame: LegAnswer | LegRefused): void {
    this.#leg.receive(frame);
  }

  incoming(side: string): readonly MediaStreamTrack[] {
    return this.#tracks.get(side) ?? [];
  }

  /** Whether this side's picture moves: frames are decoded. */
  picture(side: string): Sight {
    return this.#sight(this.#seen.get(side)?.frameAt);
  }

  /** Whether this side's sound comes. */
  sound(side: string): Sight {
    return this.#sight(this.#seen.get(side)?.packetAt);
  }

  stop(): void {
    this.#cancelLook?.();
    this.#leg.close();
    this.#tracks.clear();
    this.#seen.clear();
    this.#openAt = null;
    this.ports.changed();
  }

  #sight(at: number | null | undefined): Sight {
    const since = at ?? this.#openAt;
    if (since !== null && this.ports.now() - since >= STALE_MS) return 'gone';
    return at === null || at === undefined ? 'coming' : 'here';
  }

  #prepare(connection: RTCPeerConnection): void {
    this.#tracks = new Map();
    this.#seen = new Map();
    this.#openAt = null;
    connection.ontrack = (event) => this.#arrived(event);
    for (const _ of this.#sides) {
      for (const kind of ['audio', 'video'] as const) {
        const transceiver = connection.addTransceiver(kind, { direction: 'recvonly' });
        const codecs = RTCRtpReceiver.getCapabilities(kind)?.codecs ?? [];
        transceiver.setCodecPreferences?.(codecs.filter((codec) => CODECS.has(codec.mimeType)));
      }
    }
    this.#cancelLook?.();
    this.#cancelLook = this.ports.later(LOOK_MS, () => void this.#look(connection));
  }

  #arrived(event: RTCTrackEvent): void {
    const side = event.streams[0]?.id;
    if (side === undefined || !this.#sides.includes(side)) return;
    this.#tracks.set(side, [...this.incoming(side), event.track]);
    this.ports.changed();
  }

  async #look(connection: RTCPeerConnection): Promise<void> {
    if (!this.#leg.holds(connection)) return;
    const before = this.#summary();
    if (this.#leg.state === 'open') this.#openAt ??= this.ports.now();
    try {
      this.#count(await connection.getStats());
    } catch (error) {
      this.ports.note('leg stats', error);
    }
    if (!this.#leg.holds(connection)) return;
    this.#cancelLook = this.ports.later(LOOK_MS, () => void this.#look(connection));
    if (this.#summary() !== before) this.ports.changed();
  }

  #count(stats: RTCStatsReport): void {
    const now = this.ports.now();
    for (const entry of stats.values()) {
      if (entry.type !== 'inbound-rtp') continue;
      const side = this.#sideOf(entry.trackIdentifier);
      if (side === null) continue;
      const seen = this.#seen.get(side) ?? { frames: 0, packets: 0, frameAt: null, packetAt: null };
      if (entry.kind === 'video' && (entry.framesDecoded ?? 0) > seen.frames) {
        seen.frames = entry.framesDecoded;
        seen.frameAt = now;
      }
      if (entry.kind === 'audio' && (entry.packetsReceived ?? 0) > seen.packets) {
        seen.packets = entry.packetsReceived;
        seen.packetAt = now;
      }
      this.#seen.set(side, seen);
    }
  }

  #sideOf(track: string): string | null {
    for (const [side, tracks] of this.#tracks) if (tracks.some(({ id }) => id === track)) return side;
    return null;
  }

  #summary(): string {
    return this.#sides.map((side) => `${this.picture(side)} ${this.sound(side)}`).join();
  }
}
