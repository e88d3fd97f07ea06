/**
 * A participant's leg: the tracks that the page holds anyway, small, to the relay. It is there from the start and alike
 * whether or not anybody watches, and the person's own page shows nothing of it.
 */

import type { IceServer, LegAnswer, LegRefused } from '../wire/types';
import type { Kind } from './devices';
import { Leg, type LegPorts } from './leg';
import type { Tracks } from './peer_link';

/** Half of width and height: enough to see who is there and how a bow is held. */
export const HALF = 2;
export const FRAMES_PER_S_MAX = 15;
export const VIDEO_BITS_PER_S_MAX = 200_000;
/** What Opus takes for speech. */
export const AUDIO_BITS_PER_S_MAX = 32_000;

export class Publishing {
  readonly #leg: Leg;

  constructor(
    private readonly tracks: Tracks,
    private readonly ports: LegPorts,
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

  /** One's own tracks came, went or were switched: no negotiation is needed for it. */
  useTracks(): void {
    for (const transceiver of this.#leg.connection?.getTransceivers() ?? []) this.#use(transceiver);
  }

  stop(): void {
    this.#leg.close();
  }

  #prepare(connection: RTCPeerConnection): void {
    const direction = 'sendonly';
    const sound = { maxBitrate: AUDIO_BITS_PER_S_MAX };
    const picture = {
      scaleResolutionDownBy: HALF,
      maxFramerate: FRAMES_PER_S_MAX,
      maxBitrate: VIDEO_BITS_PER_S_MAX,
    };
    this.#use(connection.addTransceiver('audio', { direction, sendEncodings: [sound] }));
    this.#use(connection.addTransceiver('video', { direction, sendEncodings: [picture] }));
  }

  #use({ sender, receiver }: RTCRtpTransceiver): void {
    const kind: Kind = receiver.track.kind === 'video' ? 'camera' : 'microphone';
    const track = this.tracks[kind];
    if (sender.track === track) return;
    sender.replaceTrack(track).catch((error: unknown) => this.ports.note('leg replaceTrack', error));
  }
}
