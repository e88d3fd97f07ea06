/**
 * The way through the relay, to each peer with whom the server says so. One's own leg then carries whole pictures, and
 * another leg receives the peer. What is shown changes over only when the other way decodes, to the relay and back.
 */

import type { IceServer, LegAnswer, LegRefused, Peer } from '../wire/types';
import type { LegPorts } from './leg';
import type { Publishing } from './publishing';
import { Relayed } from './relayed';
import { type Counts, NOTHING, together } from './stats';

/** While something changes over: how often is looked whether it decodes. */
export const LOOK_MS = 250;
/** How long both ways are sent on at first: the other side opens its leg, decodes, and changes over. */
export const CHANGE_OVER_MS = 4_000;
/** Back on the direct way a leg is not kept longer than this, whatever decodes: the server closes it at 15 s. */
export const BACK_MS_MAX = 10_000;
/** Direct sound that came for so long, and no picture: there is none. */
const NO_PICTURE_LOOKS = 6;

/** The direct connection to a peer, as much as is needed here. */
export interface Direct {
  /** Sends nothing, or sends again. */
  pause(side: string, paused: boolean): void;
  counts(side: string): Promise<Counts>;
}

interface Way {
  relayed: Relayed;
  /** False: the server has said direct, and that does not decode yet. */
  relay: boolean;
  /** Of the direct connection, when it was asked for again; and how often was looked since. */
  from: Counts;
  looks: number;
  cancel: (() => void) | null;
}

export class RelayPath {
  readonly #ways = new Map<string, Way>();
  #servers: readonly IceServer[] = [];
  #closed: Counts = NOTHING;
  #cancelLook: (() => void) | null = null;

  constructor(
    readonly publishing: Publishing,
    private readonly ports: LegPorts,
    private readonly direct: Direct,
  ) {}

  /** After each welcome. */
  welcomed(relay: boolean, servers: readonly IceServer[]): void {
    this.useServers(servers);
    this.publishing.welcomed(relay, servers);
    for (const way of this.#ways.values()) if (way.relay) way.relayed.again(servers);
  }

  useServers(servers: readonly IceServer[]): void {
    this.#servers = servers;
    this.publishing.useServers(servers);
    for (const { relayed } of this.#ways.values()) relayed.useServers(servers);
  }

  setPeers(peers: readonly Peer[]): void {
    const relayed = peers.filter((peer) => peer.path === 'relay');
    this.publishing.carry(relayed.length === 0 ? null : Math.min(...relayed.map(({ kbps }) => kbps)));
    for (const side of this.#ways.keys()) if (!peers.some((peer) => peer.side === side)) this.#drop(side);
    for (const { side, path } of peers) {
      if (path === 'relay') this.#toRelay(side);
      else if (this.#ways.get(side)?.relay) void this.#toDirect(side);
    }
  }

  receive(frame: LegAnswer | LegRefused): void {
    this.publishing.receive(frame);
    for (const { relayed } of this.#ways.values()) relayed.receive(frame);
  }

  /** What is to be shown of a side; null: what comes directly. */
  tracks(side: string): readonly MediaStreamTrack[] | null {
    return this.#ways.get(side)?.relayed.tracks ?? null;
  }

  /** Whether the server has this pair's media go through the relay. */
  carries(side: string): boolean {
    return this.#ways.get(side)?.relay ?? false;
  }

  /** *I cannot see or hear them*, and this is the way already. */
  again(): void {
    for (const { relayed } of this.#ways.values()) relayed.again(this.#servers);
  }

  /** What went and came through the relay between the sides, so far. */
  async counts(): Promise<Counts> {
    const ways = [...this.#ways.values()];
    await Promise.all(ways.map(({ relayed }) => this.#quietly(relayed.look())));
    const came = ways.map(({ relayed }) => relayed.counts).reduce(together, this.#closed);
    return together(came, await this.publishing.carried());
  }

  lostPermille(side: string): number {
    return this.#ways.get(side)?.relayed.lostPermille() ?? 0;
  }

  stop(): void {
    this.#cancelLook?.();
    this.publishing.stop();
    for (const side of [...this.#ways.keys()]) this.#drop(side);
  }

  #toRelay(side: string): void {
    let way = this.#ways.get(side);
    if (way === undefined) {
      way = { relayed: new Relayed(side, this.ports), relay: false, from: NOTHING, looks: 0, cancel: null };
      this.#ways.set(side, way);
    }
    if (!way.relay) {
      way.relay = true;
      way.cancel?.();
      way.cancel = this.ports.later(CHANGE_OVER_MS, () => this.#paused(side));
      way.relayed.open(this.#servers);
      this.#lookSoon();
    } else if (way.cancel === null) this.direct.pause(side, true);
  }

  #paused(side: string): void {
    const way = this.#ways.get(side);
    if (way === undefined) return;
    way.cancel = null;
    this.direct.pause(side, true);
  }

  async #toDirect(side: string): Promise<void> {
    const way = this.#ways.get(side);
    if (way === undefined) return;
    way.relay = false;
    way.looks = 0;
    way.cancel?.();
    way.cancel = this.ports.later(BACK_MS_MAX, () => this.#drop(side));
    way.from = await this.direct.counts(side);
    this.direct.pause(side, false);
    this.#lookSoon();
  }

  #drop(side: string): void {
    const way = this.#ways.get(side);
    if (way === undefined) return;
    this.#ways.delete(side);
    way.cancel?.();
    way.relayed.close();
    this.#closed = together(this.#closed, way.relayed.counts);
    this.direct.pause(side, false);
    this.ports.changed();
  }

  #lookSoon(): void {
    this.#cancelLook?.();
    this.#cancelLook = this.ports.later(LOOK_MS, () => void this.#look());
  }

  /** Until every way that changes has changed over. */
  async #look(): Promise<void> {
    for (const [side, way] of [...this.#ways]) {
      if (way.relay) await this.#quietly(way.relayed.look());
      else await this.#quietly(this.#lookBack(side, way));
    }
    const changing = [...this.#ways.values()].some((way) => !way.relay || way.relayed.tracks === null);
    if (changing) this.#lookSoon();
  }

  async #lookBack(side: string, way: Way): Promise<void> {
    const { received, frames } = await this.direct.counts(side);
    if (way.relay || this.#ways.get(side) !== way) return;
    if (received > way.from.received) way.looks += 1;
    const soundOnly = way.looks >= NO_PICTURE_LOOKS;
    if (frames > way.from.frames || soundOnly) this.#drop(side);
  }

  /** A browser that does not say is asked again with the next look. */
  async #quietly(work: Promise<void>): Promise<void> {
    try {
      await work;
    } catch (error) {
      this.ports.note('relay stats', error);
    }
  }
}
