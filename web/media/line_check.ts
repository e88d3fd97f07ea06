/** A real test of the line, against our own server (docs/http.md): round trip, both ways, and a way for media. */

import type { IceServer } from '../wire/types';
import { kbps, type LineFacts, median, type Way } from './check';
import { type Reached, reachRelay } from './relay_check';

/** Longest of one transfer; at the recommended 2 Mbps each takes about two. */
export const TRANSFER_MS = 3_000;
/** Until a socket is open, and until its last answer. */
export const SOCKET_MS = 4_000;
export const GATHER_MS = 5_000;
const ROUND_TRIPS = 5;
/** One after the other, so that a slow line measures its first and a quick one is not measured at its start. */
const UPLOADS_BYTES = [64_000, 128_000, 256_000];
/** `crypto.getRandomValues` gives so many at once. */
const RANDOM_BYTES = 65_536;

interface Plan {
  download_bytes: number;
  upload_bytes_max: number;
  ice_servers: IceServer[];
  relay: boolean;
}

export interface Socket {
  onopen: ((event: Event) => unknown) | null;
  onmessage: ((event: MessageEvent) => unknown) | null;
  onclose: ((event: CloseEvent) => unknown) | null;
  send(data: string): void;
  close(): void;
}

export interface LinePorts {
  fetch(path: string, init: RequestInit): Promise<Response>;
  socket(path: string): Socket;
  connection(configuration: RTCConfiguration): RTCPeerConnection;
  /** Monotonic, ms. */
  now(): number;
  /** Calls back after some milliseconds; the answer cancels. */
  later(ms: number, call: () => void): () => void;
}

const NOTHING: LineFacts = {
  reached: false,
  socket: null,
  rttMs: null,
  downKbps: null,
  upKbps: null,
  way: 'absent',
  udp: 'absent',
  relayAt: [],
};
const NO_RELAY: Reached = { udp: 'absent', relayAt: [] };

export async function measureLine(ports: LinePorts, stop: AbortSignal): Promise<LineFacts> {
  const plan = await asked(ports, stop);
  if (plan === 'unreachable') return NOTHING;
  if (plan === 'refused') return { ...NOTHING, reached: true };
  const turn = plan.ice_servers.filter((server) => server.urls.some((url) => /^turns?:/.test(url)));
  const [trips, way, reached] = await Promise.all([
    roundTrips(ports, stop).then((first) => (first.socket === false ? roundTrips(ports, stop) : first)),
    turn.length === 0 ? ('absent' as const) : gather(ports, turn, stop),
    plan.relay ? reachRelay(ports, stop) : NO_RELAY,
  ]);
  if (stop.aborted) return NOTHING;
  const downKbps = await download(ports, stop);
  if (stop.aborted) return NOTHING;
  const upKbps = await upload(ports, plan.upload_bytes_max, trips.rttMs ?? 0, stop);
  return { reached: true, ...trips, downKbps, upKbps, way, ...reached };
}

async function asked(ports: LinePorts, stop: AbortSignal): Promise<Plan | 'unreachable' | 'refused'> {
  const answer = await ports.fetch('/api/connection-test', { signal: stop }).catch(() => null);
  if (answer === null) return 'unreachable';
  const plan = answer.ok ? ((await answer.json().catch(() => null)) as Plan | null) : null;
  return plan ?? 'refused';
}

/** Whether a socket opens and answers, and how quickly. A server that has no time for it says so by 1013. */
function roundTrips(ports: LinePorts, stop: AbortSignal): Promise<Pick<LineFacts, 'socket' | 'rttMs'>> {
  return new Promise((resolve) => {
    const took: number[] = [];
    let sentAt = 0;
    const socket = ports.socket('/ws/connection-test');
    const done = (open: boolean | null) => {
      cancel();
      stop.removeEventListener('abort', left);
      socket.onclose = null;
      socket.close();
      resolve({ socket: open, rttMs: open === null ? null : median(took) });
    };
    const left = () => done(null);
    const cancel = ports.later(SOCKET_MS, () => done(took.length > 0));
    stop.addEventListener('abort', left);
    const ask = () => {
      sentAt = ports.now();
      socket.send(String(took.length));
    };
    socket.onopen = ask;
    socket.onmessage = () => {
      took.push(ports.now() - sentAt);
      if (took.length < ROUND_TRIPS) ask();
      else done(true);
    };
    socket.onclose = (event) => done(event.code === 1013 ? null : took.length > 0);
  });
}

/** Null where the server had no time for it. */
async function download(ports: LinePorts, stop: AbortSignal): Promise<number | null> {
  const { signal, cancel } = within(ports, TRANSFER_MS, stop);
  let [bytes, began, last] = [0, ports.now(), ports.now()];
  try {
    const answer = await ports.fetch('/api/connection-test/download', { signal, cache: 'no-store' });
    const reader = answer.ok ? answer.body?.getReader() : undefined;
    if (reader === undefined) return null;
    began = ports.now();
    for (;;) {
      const { done, value } = await reader.read();
      if (done) break;
      bytes += value.byteLength;
      last = ports.now();
    }
  } catch {
    if (stop.aborted) return null;
    // Cut off by us, or by the line: what came until then is the measure.
    last = ports.now();
  } finally {
    cancel();
  }
  return kbps(bytes, last - began);
}

async function upload(
  ports: LinePorts,
  bytesMax: number,
  rttMs: number,
  stop: AbortSignal,
): Promise<number | null> {
  const began = ports.now();
  let [bytes, ms] = [0, 0];
  for (const size of UPLOADS_BYTES.filter((each) => each <= bytesMax)) {
    const left = TRANSFER_MS - (ports.now() - began);
    if (left <= 0) break;
    const { signal, cancel } = within(ports, left, stop);
    const sentAt = ports.now();
    try {
      const answer = await ports.fetch('/api/connection-test/upload', {
        method: 'POST',
        body: noise(size),
        headers: { 'content-type': 'application/octet-stream' },
        signal,
      });
      if (!answer.ok) return bytes > 0 ? kbps(bytes, ms) : null;
      // The round trip is waiting, not sending.
      bytes += size;
      ms += Math.max(1, ports.now() - sentAt - rttMs);
    } catch {
      if (stop.aborted) return null;
      // Not even this much in that time: it is slower than that, and the figure says at most how fast it is.
      if (bytes === 0) return kbps(size, Math.max(1, ports.now() - sentAt));
      break;
    } finally {
      cancel();
    }
  }
  return bytes > 0 ? kbps(bytes, ms) : null;
}

/** Aborts after a time, or when the whole check does (`AbortSignal.any` is too new for a school's tablets). */
function within(
  ports: LinePorts,
  ms: number,
  stop: AbortSignal,
): { signal: AbortSignal; cancel: () => void } {
  const own = new AbortController();
  const abort = () => own.abort();
  const timer = ports.later(ms, abort);
  // One that was left already tells it to nobody any more.
  if (stop.aborted) abort();
  stop.addEventListener('abort', abort);
  return {
    signal: own.signal,
    cancel: () => {
      timer();
      stop.removeEventListener('abort', abort);
    },
  };
}

/** Bytes that no proxy can make smaller. */
function noise(size: number): Uint8Array<ArrayBuffer> {
  const made = new Uint8Array(size);
  for (let at = 0; at < size; at += RANDOM_BYTES)
    crypto.getRandomValues(made.subarray(at, at + RANDOM_BYTES));
  return made;
}

/** Asks the TURN servers, and nobody else, for a way: what a lesson falls back on. */
async function gather(ports: LinePorts, servers: readonly IceServer[], stop: AbortSignal): Promise<Way> {
  const iceServers = servers.map(({ urls, username, credential }) => ({
    urls: [...urls],
    ...(username === null ? {} : { username }),
    ...(credential === null ? {} : { credential }),
  }));
  const connection = ports.connection({ iceServers, iceTransportPolicy: 'relay' });
  try {
    return await new Promise<Way>((resolve, reject) => {
      let best: Way = 'none';
      ports.later(GATHER_MS, () => resolve(best));
      stop.addEventListener('abort', () => resolve('absent'));
      connection.onicecandidate = ({ candidate }) => {
        if (candidate === null) resolve(best);
        else if (candidate.type === 'relay') {
          // In the standard, and in browsers, but not in the types yet.
          const { relayProtocol } = candidate as RTCIceCandidate & { relayProtocol?: string };
          best = relayProtocol === 'udp' || best === 'udp' ? 'udp' : 'tcp';
          if (best === 'udp') resolve(best);
        }
      };
      connection.createDataChannel('check');
      connection.setLocalDescription().catch(reject);
    });
  } finally {
    connection.close();
  }
}

export function browserLinePorts(): LinePorts {
  return {
    fetch: (path, init) => fetch(path, { credentials: 'same-origin', ...init }),
    socket: (path) => new WebSocket(`${location.origin.replace(/^http/, 'ws')}${path}`),
    connection: (configuration) => new RTCPeerConnection(configuration),
    now: () => performance.now(),
    later: (ms, call) => {
      const timer = setTimeout(call, ms);
      return () => clearTimeout(timer);
    },
  };
}
