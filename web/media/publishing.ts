/**
 * A participant's leg: the tracks that the page holds anyway, small, to the relay. It is there from the start and alike
 * whether or not anybody watches, and the person's own page shows nothing of it. Where the server has media of a pair go
 * through the relay, it carries whole pictures, and sound as the direct connection does.
 */

import type { IceServer, LegAnswer, LegRefused } from '../wire/types';
import type { Kind } from './devices';
import { Leg, type LegPorts } from './leg';
import { bound } from './music';
import type { Tracks } from './peer_link';
import { type Counts, count, NOTHING } from './stats';

/** Half of width and height: enough to see who is there and how a bow is held. */
export const HALF = 2;
export const FRAMES_PER_S_MAX = 15;
export const VIDEO_BITS_PER_S_MAX = 200_000;
/** What Opus takes for speech. */
export const AUDIO_BITS_PER_S_MAX = 32_000;
/** Of a picture that the other side sees: as the camera gives it. */
export const WHOLE_FRAMES_PER_S_MAX = 30;

interface Picture {
  scaleResolutionDownBy: number;
  maxFramerate: number;
  maxBitrate: number;
}

const SMALL: Picture = {
  scaleResolutionDownBy: HALF,
  maxFramerate: FRAMES_PER_S_MAX,
  maxBitrate: VIDEO_BITS_PER_S_MAX,
};

export class Publishing {
  readonly #leg: Leg;
  /** What the picture may take while it goes to the other side by this leg, kbit/s; null while it does not. */
  #kbps: number | null = null;
  /** Of the connection that there is, when last counted; its `sent` counts on only what went to the other side. */
  #sentThen = 0;
  #carried = 0;
  #bounding: Promise<void> = Promise.resolve();

  constructor(
    private readonly tracks: Tracks,
    private readonly ports: LegPorts,
    /** The most of one's own sound that goes to the other side, bit/s: talking or music. */
    private readonly soundBits: () => number = () => AUDIO_BITS_PER_S_MAX,
  ) {
    this.#leg = new Leg(ports, (connection) => this.#prepare(connection));
  }

  /** After each welcome: the leg outlives the line, and another is offered only where there is none that works. */
  welcomed(relay: boolean, servers: readonly IceServer[]): void {
    if (!relay) this.#leg.drop();
    else if (this.#leg.state !== 'open') this.#leg.open(servers);
  }

  receive(frame: LegAnswer | LegRefused): void {
    this.#leg.receive(frame);
  }

  useServers(servers: readonly IceServer[]): void {
    this.#leg.useServers(servers);
  }

  /** Whole pictures of at most so many kbit/s, to the other side; null: small again. */
  carry(kbps: number | null): void {
    if (kbps === this.#kbps) return;
    this.#kbps = kbps;
    this.#boundSoon();
  }

  /** What this leg has sent to the other side so far, and how that fares. */
  async carried(): Promise<Counts> {
    const connection = this.#leg.connection;
    if (connection === null) return { ...NOTHING, sent: this.#carried };
    const counts = count((await connection.getStats()).values());
    // Another connection counts from nought.
    const more = counts.sent >= this.#sentThen ? counts.sent - this.#sentThen : counts.sent;
    this.#sentThen = counts.sent;
    if (this.#kbps === null) return { ...NOTHING, sent: this.#carried };
    this.#carried += more;
    return { ...counts, sent: this.#carried };
  }

  /** One's own tracks came, went or were switched: no negotiation is needed for it. */
  useTracks(): void {
    for (const transceiver of this.#leg.connection?.getTransceivers() ?? []) this.#use(transceiver);
    this.#boundSoon();
  }

  stop(): void {
    this.#leg.close();
  }

  #prepare(connection: RTCPeerConnection): void {
    const direction = 'sendonly';
    const sound = { maxBitrate: this.#sound() };
    this.#use(connection.addTransceiver('audio', { direction, sendEncodings: [sound] }));
    this.#use(connection.addTransceiver('video', { direction, sendEncodings: [{ ...this.#picture() }] }));
  }

  #sound(): number {
    return this.#kbps === null ? AUDIO_BITS_PER_S_MAX : this.soundBits();
  }

  #picture(): Picture {
    if (this.#kbps === null) return SMALL;
    const whole = { scaleResolutionDownBy: 1, maxFramerate: WHOLE_FRAMES_PER_S_MAX };
    return { ...whole, maxBitrate: this.#kbps * 1_000 };
  }

  /** One after the other: a sender takes no second change while the first is under way. */
  #boundSoon(): void {
    this.#bounding = this.#bounding
      .then(() => this.#bound())
      .catch((error: unknown) => this.ports.note('leg bounds', error));
  }

  async #bound(): Promise<void> {
    for (const { sender, receiver } of this.#leg.connection?.getTransceivers() ?? []) {
      if (receiver.track.kind === 'video') await boundPicture(sender, this.#picture());
      else await bound(sender, this.#sound());
    }
  }

  #use({ sender, receiver }: RTCRtpTransceiver): void {
    const kind: Kind = receiver.track.kind === 'video' ? 'camera' : 'microphone';
    const track = this.tracks[kind];
    if (sender.track === track) return;
    sender.replaceTrack(track).catch((error: unknown) => this.ports.note('leg replaceTrack', error));
  }
}

async function boundPicture(sender: RTCRtpSender, picture: Picture): Promise<void> {
  const parameters = sender.getParameters();
  const [encoding] = parameters.encodings;
  if (encoding === undefined) return;
  const same =
    encoding.maxBitrate === picture.maxBitrate &&
    encoding.scaleResolutionDownBy === picture.scaleResolutionDownBy;
  if (same) return;
  Object.assign(encoding, picture);
  await sender.setParameters(parameters);
}
