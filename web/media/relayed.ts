/** One peer's sound and picture as they come through the relay, where the two do not reach each other directly. */

import type { IceServer, LegAnswer, LegRefused } from '../wire/types';
import { Leg, type LegPorts } from './leg';
import { type Arrived, arrived, type Counts, count, NOTHING, together } from './stats';

/** Sound that has come for so long without a picture: there is none, a camera is off. */
export const NO_PICTURE_MS = 1_500;

export class Relayed {
  readonly #leg: Leg;
  #tracks: MediaStreamTrack[] = [];
  #shows = false;
  #soundSince: number | null = null;
  /** Of the connection that there is, and of those before it. */
  #counts: Counts = NOTHING;
  #before: Counts = NOTHING;
  #arrived: Arrived = { packets: 0, lost: 0, answers: 0 };
  /** Up to where loss has been told. */
  #told: Arrived = this.#arrived;

  constructor(
    readonly side: string,
    private readonly ports: LegPorts,
  ) {
    const send: LegPorts['send'] = (frame) => ports.send({ ...frame, of: side });
    this.#leg = new Leg({ ...ports, send }, (connection) => this.#prepare(connection));
  }

  /** Its sound and picture, once they can be shown; before that, none. */
  get tracks(): readonly MediaStreamTrack[] | null {
    return this.#shows && this.#leg.state === 'open' ? this.#tracks : null;
  }

  /** All that came, ever: it does not go down with a connection. */
  get counts(): Counts {
    return together(this.#before, this.#counts);
  }

  open(servers: readonly IceServer[]): void {
    if (this.#leg.state === 'none') this.#leg.open(servers);
  }

  /** After the line came back, or somebody cannot see: another connection, unless this one carries. */
  again(servers: readonly IceServer[]): void {
    if (this.#leg.state !== 'open') this.#leg.open(servers);
  }

  useServers(servers: readonly IceServer[]): void {
    this.#leg.useServers(servers);
  }

  receive(frame: LegAnswer | LegRefused): void {
    this.#leg.receive(frame);
  }

  close(): void {
    this.#shows = false;
    this.#leg.close();
  }

  /** Counts what came, and sees whether it can be shown. */
  async look(): Promise<void> {
    const connection = this.#leg.connection;
    if (connection === null) return;
    const entries = [...(await connection.getStats()).values()];
    if (connection !== this.#leg.connection) return;
    const { received, frames } = count(entries);
    this.#counts = { ...NOTHING, received, frames };
    this.#arrived = arrived(entries);
    if (received > 0) this.#soundSince ??= this.ports.now();
    const soundOnly = this.#soundSince !== null && this.ports.now() - this.#soundSince >= NO_PICTURE_MS;
    const shows = frames > 0 || soundOnly;
    if (shows === this.#shows) return;
    this.#shows = shows;
    this.ports.changed();
  }

  /** Of a thousand packets, how many were lost since this was last asked. */
  lostPermille(): number {
    const lost = Math.max(0, this.#arrived.lost - this.#told.lost);
    const came = Math.max(0, this.#arrived.packets - this.#told.packets);
    this.#told = this.#arrived;
    return lost + came === 0 ? 0 : Math.round((1_000 * lost) / (lost + came));
  }

  #prepare(connection: RTCPeerConnection): void {
    this.#before = this.counts;
    this.#counts = NOTHING;
    this.#arrived = this.#told = { packets: 0, lost: 0, answers: 0 };
    this.#tracks = [];
    this.#shows = false;
    this.#soundSince = null;
    connection.ontrack = ({ track }) => {
      this.#tracks = [...this.#tracks, track];
      this.ports.changed();
    };
    for (const kind of ['audio', 'video']) connection.addTransceiver(kind, { direction: 'recvonly' });
  }
}
