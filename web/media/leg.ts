/**
 * One page's peer connection to the server's media relay: the page offers, whole and at once, and the relay answers.
 * A leg that fails is not mended but offered anew, under the next number: the relay lets the newer take its place.
 * What a leg carries is said by whoever prepares it: `Publishing` sends, `Watching` receives.
 */

import type { IceServer, LegAnswer, LegFrame, LegRefused } from '../wire/types';
import { askingForMusic } from './music';

/** From the offer until media can flow: answer, ICE and DTLS take under a second, or something is lost. */
export const OPEN_MS = 15_000;
/** ICE heals a short cut by itself; a way that is gone longer is not waited for until the browser calls it failed. */
export const GONE_MS = 4_000;
/** The server takes a leg in 2 s, and some at once. */
export const REOPEN_FIRST_MS = 2_000;
/** While it is closed a side counts as not reaching us, on its own clock: so not for long after a cut has healed. */
export const REOPEN_MAX_MS = 4_000;
/** Refusals that may be none the next time; after any other the page waits for the next welcome. */
const PASSING: ReadonlySet<string> = new Set(['too_fast', 'lesson_full', 'relay_full', 'relay_failed']);

/** `none`: there is no relay, or it will not have us. `again`: it failed, and another is offered in a while. */
export type LegState = 'none' | 'opening' | 'open' | 'again' | 'closed';

export interface LegPorts {
  makeConnection(servers: readonly IceServer[]): RTCPeerConnection;
  /** False where the line is down. */
  send(frame: LegFrame): boolean;
  later(ms: number, call: () => void): () => void;
  /** 0 to 1. */
  random(): number;
  /** Monotonic, ms. */
  now(): number;
  /** Of the page's next leg: they are all counted together. */
  number(): number;
  note(what: string, error: unknown): void;
  changed(): void;
}

interface Made {
  connection: RTCPeerConnection;
  offer: Promise<string>;
}

export class Leg {
  #state: LegState = 'none';
  #connection: RTCPeerConnection | null = null;
  #n = 0;
  #failures = 0;
  #servers: readonly IceServer[] = [];
  #cancel: (() => void) | null = null;
  #warm: Made | null = null;

  constructor(
    private readonly ports: LegPorts,
    /** Lays out the sections of a new connection, before it is offered. */
    private readonly prepare: (connection: RTCPeerConnection) => void,
  ) {}

  get state(): LegState {
    return this.#state;
  }

  get connection(): RTCPeerConnection | null {
    return this.#connection;
  }

  /** Whether a connection is this leg's, in use or made ahead. */
  holds(connection: RTCPeerConnection): boolean {
    return connection === this.#connection || connection === this.#warm?.connection;
  }

  /** Makes the next connection and its offer ahead, while the way to the server is being made. */
  warm(): void {
    if (this.#state !== 'none' || this.#warm !== null) return;
    try {
      this.#warm = this.#make([]);
    } catch (error) {
      this.ports.note('leg ahead', error);
    }
  }

  /** What was made ahead does not fit. */
  cool(): void {
    this.#warm?.connection.close();
    this.#warm = null;
  }

  /** A new one, in place of the one before. */
  open(servers: readonly IceServer[]): void {
    if (this.#state === 'closed') return;
    this.#servers = servers;
    this.#failures = 0;
    void this.#offer();
  }

  /** For the next that is offered. */
  useServers(servers: readonly IceServer[]): void {
    this.#servers = servers;
  }

  receive(frame: LegAnswer | LegRefused): void {
    if (frame.n !== this.#n || this.#state !== 'opening') return;
    if (frame.type === 'leg_answer') void this.#answered(frame.sdp);
    else if (PASSING.has(frame.code)) this.#failed();
    else this.drop();
  }

  /** There is none for now: the server has no relay, or not for us. */
  drop(): void {
    this.cool();
    this.#letGo();
    this.#become('none');
  }

  /** For good: nothing is offered after it. */
  close(): void {
    this.cool();
    this.#letGo();
    this.#become('closed');
  }

  async #offer(): Promise<void> {
    this.#letGo();
    const n = this.ports.number();
    this.#n = n;
    this.#become('opening');
    this.#wait(OPEN_MS, () => this.#failed());
    try {
      const { connection, offer } = this.#warm ?? this.#make(this.#servers);
      this.#warm = null;
      this.#connection = connection;
      connection.onconnectionstatechange = () => this.#connectionState(connection);
      const sdp = await offer;
      if (this.#connection !== connection) return;
      if (!this.ports.send({ type: 'leg', n, sdp })) this.#failed();
    } catch (error) {
      this.ports.note('leg offer', error);
      if (n === this.#n && this.#state === 'opening') this.#failed();
    }
  }

  #make(servers: readonly IceServer[]): Made {
    const connection = this.ports.makeConnection(servers);
    try {
      this.prepare(connection);
    } catch (error) {
      connection.close();
      throw error;
    }
    // Sent as it is: the relay names its own addresses and learns ours from where our packets come.
    const offer = offerOf(connection);
    // Whoever uses it hears of its failure; one that was made ahead may never be used.
    offer.catch(() => undefined);
    return { connection, offer };
  }

  async #answered(sdp: string): Promise<void> {
    const connection = this.#connection;
    try {
      await connection?.setRemoteDescription({ type: 'answer', sdp });
    } catch (error) {
      this.ports.note('leg answer', error);
      if (connection === this.#connection) this.#failed();
    }
  }

  #connectionState(connection: RTCPeerConnection): void {
    if (connection !== this.#connection) return;
    switch (connection.connectionState) {
      case 'connected':
        this.#cancel?.();
        this.#cancel = null;
        this.#failures = 0;
        this.#become('open');
        break;
      case 'disconnected':
        this.#wait(GONE_MS, () => this.#failed());
        break;
      case 'failed':
      case 'closed':
        this.#failed();
        break;
    }
  }

  #failed(): void {
    if (this.#state === 'closed') return;
    this.#letGo();
    const most = Math.min(REOPEN_MAX_MS, REOPEN_FIRST_MS * 2 ** Math.min(this.#failures, 10));
    this.#failures += 1;
    // Up to half more at random: all pages of a relay that went do not come back at once.
    this.#wait(most * (1 + this.ports.random() / 2), () => void this.#offer());
    this.#become('again');
  }

  #wait(ms: number, call: () => void): void {
    this.#cancel?.();
    this.#cancel = this.ports.later(ms, call);
  }

  #letGo(): void {
    this.#cancel?.();
    this.#cancel = null;
    const connection = this.#connection;
    this.#connection = null;
    if (connection === null) return;
    connection.onconnectionstatechange = null;
    connection.ontrack = null;
    connection.close();
  }

  #become(state: LegState): void {
    if (state === this.#state) return;
    this.#state = state;
    this.ports.changed();
  }
}

/** Asks for music, always, so that a leg can come to carry it: how much is sent is bounded by the encoding. */
async function offerOf(connection: RTCPeerConnection): Promise<string> {
  const offer = await connection.createOffer();
  const sdp = askingForMusic(offer.sdp ?? '');
  try {
    await connection.setLocalDescription({ type: 'offer', sdp });
    return sdp;
  } catch {
    // A browser that takes no description but its own has less sound.
    await connection.setLocalDescription(offer);
    return offer.sdp ?? '';
  }
}
