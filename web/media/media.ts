/** All media of one page: own devices, a link to each peer, the report. The only user of RTCPeerConnection. */

import type {
  Candidate,
  Description,
  IceServer,
  PathReport,
  Peer,
  RelayedSignal,
  Report,
  SignalFrame,
} from '../wire/types';
import { type Capture, type FellBack, type Kind, type Memory, OwnDevices } from './devices';
import { BITS_PER_S } from './music';
import { PeerLink } from './peer_link';
import type { Direct, RelayPath } from './relay_path';
import { type Counts, NOTHING, together } from './stats';

/** Signals of a generation that this page has not been told of yet. */
const EARLY_MAX = 100;
/** Time in which the stats of one connection have to answer; a stuck one must not stop the report. */
const STATS_MS = 900;

export interface MediaPorts extends Capture {
  makeConnection(servers: readonly IceServer[]): RTCPeerConnection;
  signal(frame: SignalFrame): void;
  later(ms: number, call: () => void): () => void;
  note(what: string, error: unknown): void;
  changed(): void;
  /** Monotonic, ms. */
  now(): number;
  /** Which devices were used last. */
  memory?: Memory;
  fellBack?: FellBack;
}

export class Media {
  readonly own: OwnDevices;
  /** A teacher's last press that set everybody's sound; told with the report. */
  soundTurn = 0;
  #servers: readonly IceServer[] = [];
  #links = new Map<string, PeerLink>();
  #relay: RelayPath | null = null;
  #relayed: Counts = NOTHING;
  #closedCounts: Counts = NOTHING;
  #early: RelayedSignal[] = [];
  #stopped = false;

  constructor(private readonly ports: MediaPorts) {
    this.own = new OwnDevices(ports, () => this.#ownChanged(), ports.memory, ports.fellBack);
  }

  get stopped(): boolean {
    return this.#stopped;
  }

  /** The way through the relay; without one every path is direct. */
  useRelay(relay: RelayPath): void {
    this.#relay = relay;
  }

  /** From the welcome, and with other credentials as time goes. */
  useServers(servers: readonly IceServer[]): void {
    this.#servers = servers;
    this.#relay?.useServers(servers);
    for (const link of this.#links.values()) link.useConfiguration(configuration(servers));
  }

  /** Whom to talk to now: who is gone is closed, a new generation starts afresh. */
  setPeers(peers: readonly Peer[]): void {
    if (this.#stopped) return;
    for (const [side, link] of this.#links) {
      const still = peers.find((peer) => peer.side === side && peer.generation === link.peer.generation);
      if (still === undefined) this.#close(side, link);
    }
    for (const peer of peers) if (!this.#links.has(peer.side)) this.#connect(peer);
    this.#relay?.setPeers(peers);
    this.ports.changed();
  }

  receive(signal: RelayedSignal): void {
    const link = this.#links.get(signal.sender);
    if (link !== undefined && link.peer.generation === signal.generation) void link.receive(signal.body);
    else if (link === undefined || signal.generation > link.peer.generation) {
      if (this.#early.length < EARLY_MAX) this.#early.push(signal);
    }
  }

  incoming(side: string): readonly MediaStreamTrack[] {
    return this.#relay?.tracks(side) ?? this.#links.get(side)?.incoming ?? [];
  }

  flows(side: string): boolean {
    const relayed = (this.#relay?.tracks(side) ?? null) !== null;
    return relayed || (this.#links.get(side)?.connected ?? false);
  }

  get flowsAnywhere(): boolean {
    return [...this.#links.keys()].some((side) => this.flows(side));
  }

  /** The direct connections, as the way through the relay sees them. */
  readonly direct: Direct = {
    pause: (side, paused) => this.#links.get(side)?.pause(paused),
    counts: async (side) => {
      const link = this.#links.get(side);
      await link?.count(this.ports.now());
      return link?.counts ?? NOTHING;
    },
  };

  switch(kind: Kind): void {
    this.own.switch(kind);
  }

  restart(): void {
    for (const link of this.#links.values()) link.restart();
    this.#relay?.again();
  }

  /** Everything, at once and for good: the end of a lesson, with or without a line to the server. */
  stop(): void {
    if (this.#stopped) return;
    this.#stopped = true;
    this.own.stop();
    this.#relay?.stop();
    for (const [side, link] of this.#links) this.#close(side, link);
    this.#early = [];
    this.ports.changed();
  }

  async report(): Promise<Report> {
    const now = this.ports.now();
    const asked = [...this.#links.values()].map((link) => this.#quietly(link.count(now)));
    const [relayed] = await Promise.all([
      this.#relayCounts(),
      Promise.race([Promise.all(asked), this.#timeout()]),
    ]);
    const links = [...this.#links].map(([side, link]) =>
      this.#relay?.carries(side) ? inSum(link.counts) : link.counts,
    );
    const counts = [...links, relayed].reduce(together, this.#closedCounts);
    const state = (kind: Kind) => {
      const known = this.own.state(kind);
      return known === 'asking' ? 'missing' : known;
    };
    const connected = this.flowsAnywhere;
    return {
      type: 'report',
      camera: state('camera'),
      microphone: state('microphone'),
      ...counts,
      connected,
      paths: this.#paths(now),
      sound: this.own.sound,
      sound_turn: this.soundTurn,
    };
  }

  #paths(now: number): PathReport[] {
    return [...this.#links].map(([peer, link]) => ({
      peer,
      direct: link.packets,
      alive: link.alive(now),
      lost_permille: this.#relay?.lostPermille(peer) ?? 0,
    }));
  }

  async #relayCounts(): Promise<Counts> {
    if (this.#relay === null) return NOTHING;
    const counts = await Promise.race([this.#relay.counts().catch(() => null), this.#timeout()]);
    if (counts !== null) this.#relayed = counts;
    return this.#relayed;
  }

  /** A browser that does not say: what it said last stands. */
  #quietly(work: Promise<void>): Promise<void> {
    return work.catch((error: unknown) => this.ports.note('stats', error));
  }

  #timeout(): Promise<null> {
    return new Promise((resolve) => {
      this.ports.later(STATS_MS, () => resolve(null));
    });
  }

  #connect(peer: Peer): void {
    const send = (body: Description | Candidate) =>
      this.ports.signal({ type: 'signal', to: peer.side, generation: peer.generation, body });
    const link = new PeerLink(peer, this.own.tracks, {
      connection: this.ports.makeConnection(this.#servers),
      send,
      later: this.ports.later,
      changed: this.ports.changed,
      soundBits: () => BITS_PER_S[this.own.sound],
      note: this.ports.note,
    });
    this.#links.set(peer.side, link);
    const mine = (signal: RelayedSignal) =>
      signal.sender === peer.side && signal.generation === peer.generation;
    const early = this.#early.filter(mine);
    this.#early = this.#early.filter(
      (signal) => signal.sender !== peer.side || signal.generation > peer.generation,
    );
    for (const signal of early) void link.receive(signal.body);
  }

  /** Its counters stay in the sum: what a page has sent never goes down. */
  #close(side: string, link: PeerLink): void {
    link.close();
    this.#links.delete(side);
    this.#closedCounts = together(this.#closedCounts, inSum(link.counts));
  }

  #ownChanged(): void {
    for (const link of this.#links.values()) link.useTracks();
    this.ports.changed();
  }
}

export function supported(): boolean {
  return (
    typeof RTCPeerConnection === 'function' &&
    typeof WebSocket === 'function' &&
    typeof navigator.mediaDevices?.getUserMedia === 'function'
  );
}

export function makeConnection(servers: readonly IceServer[]): RTCPeerConnection {
  return new RTCPeerConnection(configuration(servers));
}

/** What went and came counts on; how it fares says nothing of now. */
function inSum({ sent, received, frames }: Counts): Counts {
  return { ...NOTHING, sent, received, frames };
}

function configuration(servers: readonly IceServer[]): RTCConfiguration {
  const iceServers = servers.map(({ urls, username, credential }) => ({
    urls: [...urls],
    ...(username === null ? {} : { username }),
    ...(credential === null ? {} : { credential }),
  }));
  return { iceServers, bundlePolicy: 'max-bundle' };
}
