/**
 * One generation of media with one other side: perfect negotiation (W3C webrtc-pc, 10.7).
 * The impolite side lays out the two media sections and offers first, so that both use the same two; after that either
 * may offer (ICE restart), and where two offers meet the polite side gives way.
 */

import type { Candidate, Description, Peer } from '../wire/types';
import type { Kind } from './devices';
import { askingForMusic, bound } from './music';

/** ICE heals a short cut by itself; a path that is gone longer gets a restart before the browser calls it failed. */
export const RESTART_AFTER_MS = 4_000;
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

  /** One's own tracks came, or went, or the sound is sent otherwise: no negotiation is needed for it. */
  useTracks(): void {
    if (this.#closed) return;
    for (const { sender, receiver } of this.ports.connection.getTransceivers()) {
      const kind: Kind = receiver.track.kind === 'video' ? 'camera' : 'microphone';
      const track = this.tracks[kind];
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
    this.#cancelRestart?.();
    this.#cancelRestart = null;
    if (state === 'failed') this.#restartUntilBack(0);
    if (state === 'disconnected') this.#restartUntilBack(RESTART_AFTER_MS);
    // A sender may be laid out only once it is negotiated.
    if (state === 'connected') this.useTracks();
    this.ports.changed();
  }

  /** A restart that finds no way is tried again: the way may be back later. Ends with the state or the generation. */
  #restartUntilBack(afterMs: number): void {
    this.#cancelRestart = this.ports.later(afterMs, () => {
      if (this.#closed || this.connected) return;
      this.restart();
      this.#restartUntilBack(RESTART_AFTER_MS * 2);
    });
  }
}
