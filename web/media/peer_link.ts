/**
 * One generation of media with one other side: perfect negotiation (W3C webrtc-pc, 10.7).
 * The impolite side lays out the two media sections and offers first, so that both use the same two; after that either
 * may offer (ICE restart), and where two offers meet the polite side gives way.
 */

import type { Candidate, Description, Peer } from '../wire/types';
import type { Kind } from './devices';
import { askingForMusic, bound } from './music';
import { type Arrived, arrived, type Counts, count, NOTHING } from './stats';

/** ICE heals a short cut by itself; a path that is gone longer gets a restart before the browser calls it failed. */
export const RESTART_AFTER_MS = 4_000;
/** A browser whose peer's addresses never came does not say that it failed. */
export const FIRST_MS_MAX = 15_000;
/** A way that was not found is looked for ever less often: 4, 8, 16, 32 s, then once a minute. */
export const RESTART_MS_MAX = 60_000;
/** The browser asks the other end at least each 5 s whether the way stands (RFC 7675): without an answer it does not. */
export const ALIVE_MS = 6_000;
/** Candidates of one generation that wait for the description they belong to: more is not a browser. */
export const WAITING_MAX = 100;

export type Tracks = Record<Kind, MediaStreamTrack | null>;

export interface LinkPorts {
  connection: RTCPeerConnection;
  send(body: Description | Candidate): void;
  later(ms: number, call: () => void): () => void;
  changed(): void;
  /** The most of one's own sound that is sent, bit/s: talking or music. */
  soundBits(): number;
  /** Something of the browser's that we can only note: the report shows the consequence. */
  note(what: string, error: unknown): void;
}

export class PeerLink {
  readonly incoming: MediaStreamTrack[] = [];
  #makingOffer = false;
  #ignoring = false;
  #answering = false;
  #closed = false;
  #paused = false;
  #restarts = 0;
  #counts: Counts = NOTHING;
  #signs: Arrived = { packets: 0, lost: 0, answers: 0 };
  #signAt: number | null = null;
  #waiting: Candidate[] = [];
  #cancelRestart: (() => void) | null = null;
  #queue: Promise<void> = Promise.resolve();

  constructor(
    readonly peer: Peer,
    private readonly tracks: Tracks,
    private readonly ports: LinkPorts,
  ) {
    const pc = ports.connection;
    pc.onnegotiationneeded = () => void this.#offer();
    pc.onicecandidate = (event) => this.#candidate(event.candidate);
    pc.ontrack = (event) => this.#arrived(event);
    pc.onconnectionstatechange = () => this.#state();
    this.#restartUntilBack(FIRST_MS_MAX);
    if (!peer.polite) {
      pc.addTransceiver('audio', { direction: 'sendrecv' });
      pc.addTransceiver('video', { direction: 'sendrecv' });
      this.useTracks();
    }
  }

  get connection(): RTCPeerConnection {
    return this.ports.connection;
  }

  get connected(): boolean {
    return !this.#closed && this.ports.connection.connectionState === 'connected';
  }

  /** All that went and came over it, as last counted. */
  get counts(): Counts {
    return this.#counts;
  }

  /** RTP packets that came over it. */
  get packets(): number {
    return this.#signs.packets;
  }

  /** Whether it stands: not only was *connected* once, as a browser says for some seconds after a cut. */
  alive(now: number): boolean {
    return this.connected && this.#signAt !== null && now - this.#signAt < ALIVE_MS;
  }

  /** Asks the browser; what it does not answer stays as it was. */
  async count(now: number): Promise<void> {
    const entries = [...(await this.ports.connection.getStats()).values()];
    this.#counts = count(entries);
    const signs = arrived(entries);
    if (signs.packets !== this.#signs.packets || signs.answers !== this.#signs.answers) this.#signAt = now;
    this.#signs = signs;
  }

  /** Media goes another way, or here again: nothing is sent, and the connection stands all the same. */
  pause(paused: boolean): void {
    if (paused === this.#paused) return;
    this.#paused = paused;
    this.useTracks();
  }

  /** Other credentials, for the next time that a way is looked for. */
  useConfiguration(configuration: RTCConfiguration): void {
    if (this.#closed) return;
    try {
      this.ports.connection.setConfiguration(configuration);
    } catch (error) {
      this.ports.note('setConfiguration', error);
    }
  }

  /** One's own tracks came, or went, or the sound is sent otherwise: no negotiation is needed for it. */
  useTracks(): void {
    if (this.#closed) return;
    for (const { sender, receiver } of this.ports.connection.getTransceivers()) {
      const kind: Kind = receiver.track.kind === 'video' ? 'camera' : 'microphone';
      const track = this.#paused ? null : this.tracks[kind];
      if (kind === 'microphone')
        bound(sender, this.ports.soundBits()).catch((error: unknown) => this.ports.note('soundBits', error));
      if (sender.track === track) continue;
      sender.replaceTrack(track).catch((error: unknown) => this.ports.note('replaceTrack', error));
    }
  }

  /** In the order in which they came: a candidate never overtakes its description. */
  receive(body: Description | Candidate): Promise<void> {
    this.#queue = this.#queue
      .then(() => (body.kind === 'description' ? this.#description(body) : this.#remoteCandidate(body)))
      .catch((error: unknown) => this.ports.note('signal', error));
    return this.#queue;
  }

  restart(): void {
    if (!this.#closed) this.ports.connection.restartIce();
  }

  close(): void {
    this.#closed = true;
    this.#cancelRestart?.();
    this.ports.connection.close();
  }

  async #offer(): Promise<void> {
    const pc = this.ports.connection;
    // The polite side has nothing to offer before it has seen the sections of the other's first offer.
    if (this.#closed || (this.peer.polite && pc.remoteDescription === null)) return;
    try {
      this.#makingOffer = true;
      const offer = await pc.createOffer();
      // The other's offer came meanwhile, and goes first; where ours is still needed the browser asks again.
      if (this.#closed || pc.signalingState !== 'stable') return;
      await this.#describe(offer);
    } catch (error) {
      this.ports.note('offer', error);
    } finally {
      this.#makingOffer = false;
    }
  }

  /** Ours asks for music, always: what comes is the other side's to choose. */
  async #describe({ type, sdp }: RTCSessionDescriptionInit): Promise<void> {
    const pc = this.ports.connection;
    const asking = { type, sdp: askingForMusic(sdp ?? '') };
    // A browser that takes no description but its own has to do with less sound from the other side.
    await pc.setLocalDescription(asking).catch(() => pc.setLocalDescription({ type, sdp: sdp ?? '' }));
    const local = pc.localDescription;
    if (local === null || this.#closed || local.type === 'pranswer') return;
    this.ports.send({ kind: 'description', sdp_type: local.type, sdp: local.sdp });
  }

  async #description(body: Description): Promise<void> {
    const pc = this.ports.connection;
    if (this.#closed) return;
    const ready = !this.#makingOffer && (pc.signalingState === 'stable' || this.#answering);
    const collision = body.sdp_type === 'offer' && !ready;
    this.#ignoring = !this.peer.polite && collision;
    if (this.#ignoring) return;
    this.#answering = body.sdp_type === 'answer';
    try {
      await pc.setRemoteDescription({ type: body.sdp_type, sdp: body.sdp });
    } finally {
      this.#answering = false;
    }
    const waiting = this.#waiting;
    this.#waiting = [];
    for (const candidate of waiting) await this.#remoteCandidate(candidate);
    if (body.sdp_type !== 'offer' || this.#closed) return;
    for (const transceiver of pc.getTransceivers()) transceiver.direction = 'sendrecv';
    this.useTracks();
    await this.#describe(await pc.createAnswer());
  }

  async #remoteCandidate(body: Candidate): Promise<void> {
    const pc = this.ports.connection;
    if (this.#closed || this.#ignoring) return;
    if (pc.remoteDescription === null) {
      if (this.#waiting.length < WAITING_MAX) this.#waiting.push(body);
      return;
    }
    await pc.addIceCandidate({
      candidate: body.candidate,
      sdpMid: body.sdp_mid ?? null,
      sdpMLineIndex: body.sdp_m_line_index ?? null,
    });
  }

  #candidate(candidate: RTCIceCandidate | null): void {
    if (this.#closed || candidate === null) return;
    const { sdpMid, sdpMLineIndex } = candidate;
    this.ports.send({
      kind: 'candidate',
      candidate: candidate.candidate,
      sdp_mid: sdpMid,
      sdp_m_line_index: sdpMLineIndex,
    });
  }

  #arrived(event: RTCTrackEvent): void {
    if (!this.incoming.includes(event.track)) this.incoming.push(event.track);
    this.ports.changed();
  }

  #state(): void {
    if (this.#closed) return;
    const state = this.ports.connection.connectionState;
    // Looking for a way, it goes from failed to connecting and back: what was planned stands.
    if (state !== 'connecting') {
      this.#cancelRestart?.();
      this.#cancelRestart = null;
    }
    if (state === 'failed') this.#restartUntilBack(this.#restarts === 0 ? 0 : this.#restartMs());
    if (state === 'disconnected') this.#restartUntilBack(RESTART_AFTER_MS);
    if (state === 'connected') {
      this.#restarts = 0;
      // A sender may be laid out only once it is negotiated.
      this.useTracks();
    }
    this.ports.changed();
  }

  /** A restart that finds no way is tried again: the way may be back later. Ends with the state or the generation. */
  #restartUntilBack(afterMs: number): void {
    this.#cancelRestart = this.ports.later(afterMs, () => {
      if (this.#closed || this.connected) return;
      this.restart();
      this.#restarts += 1;
      this.#restartUntilBack(this.#restartMs());
    });
  }

  #restartMs(): number {
    return Math.min(RESTART_MS_MAX, RESTART_AFTER_MS * 2 ** Math.min(this.#restarts, 10));
  }
}
