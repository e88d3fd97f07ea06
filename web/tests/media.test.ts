import { expect, test, vi } from 'vitest';
import { OwnDevices, troubleOf } from '../media/devices';
import { Media, type MediaPorts } from '../media/media';
import { ALIVE_MS, FIRST_MS_MAX, type LinkPorts, PeerLink, RESTART_AFTER_MS } from '../media/peer_link';
import { count, NOTHING, together } from '../media/stats';
import type { Candidate, Description, Peer, SignalFrame } from '../wire/types';

/** As much of a connection as negotiation needs: the states of JSEP, with rollback. */
class FakeConnection {
  signalingState: RTCSignalingState = 'stable';
  connectionState: RTCPeerConnectionState = 'new';
  localDescription: { type: RTCSdpType; sdp: string } | null = null;
  remoteDescription: { type: RTCSdpType; sdp: string } | null = null;
  onnegotiationneeded: (() => void) | null = null;
  onicecandidate: ((event: { candidate: RTCIceCandidate | null }) => void) | null = null;
  ontrack: ((event: RTCTrackEvent) => void) | null = null;
  onconnectionstatechange: (() => void) | null = null;
  readonly candidates: string[] = [];
  readonly transceivers: { direction: string; sender: FakeSender; receiver: { track: { kind: string } } }[] =
    [];
  closed = false;
  restarts = 0;
  rollbacks = 0;
  #made = 0;

  addTransceiver(kind: string, init: { direction: string }) {
    this.transceivers.push({
      direction: init.direction,
      sender: new FakeSender(),
      receiver: { track: { kind } },
    });
    if (this.transceivers.length === 1) queueMicrotask(() => this.onnegotiationneeded?.());
  }
  getTransceivers() {
    return this.transceivers;
  }
  async createOffer() {
    await Promise.resolve();
    return { type: 'offer' as const, sdp: `offer-${++this.#made}\r\na=rtpmap:111 opus/48000/2\r\n` };
  }
  async createAnswer() {
    if (this.signalingState !== 'have-remote-offer') throw new Error(`answer in ${this.signalingState}`);
    await Promise.resolve();
    return { type: 'answer' as const, sdp: `answer-${++this.#made}\r\na=rtpmap:111 opus/48000/2\r\n` };
  }
  async setLocalDescription({ type, sdp }: { type: 'offer' | 'answer'; sdp: string }) {
    const from = type === 'offer' ? 'stable' : 'have-remote-offer';
    if (this.signalingState !== from) throw new Error(`${type} in ${this.signalingState}`);
    await Promise.resolve();
    this.localDescription = { type, sdp };
    this.signalingState = type === 'offer' ? 'have-local-offer' : 'stable';
  }
  async setRemoteDescription(description: { type: RTCSdpType; sdp: string }) {
    await Promise.resolve();
    if (description.type === 'offer') {
      if (this.signalingState === 'have-local-offer') this.rollbacks += 1;
      this.signalingState = 'have-remote-offer';
      if (this.transceivers.length === 0) {
        for (const kind of ['audio', 'video']) {
          this.transceivers.push({
            direction: 'recvonly',
            sender: new FakeSender(),
            receiver: { track: { kind } },
          });
        }
      }
    } else {
      if (this.signalingState !== 'have-local-offer') throw new Error(`answer in ${this.signalingState}`);
      this.signalingState = 'stable';
    }
    this.remoteDescription = description;
  }
  async addIceCandidate(candidate: { candidate: string }) {
    if (this.remoteDescription === null) throw new Error('no remote description');
    this.candidates.push(candidate.candidate);
  }
  readonly configurations: RTCConfiguration[] = [];
  setConfiguration(configuration: RTCConfiguration) {
    this.configurations.push(configuration);
  }
  restartIce() {
    this.restarts += 1;
    queueMicrotask(() => this.onnegotiationneeded?.());
  }
  async getStats() {
    return new Map<string, unknown>([['o', { type: 'outbound-rtp', packetsSent: 7 }]]);
  }
  close() {
    this.closed = true;
    this.connectionState = 'closed';
  }
  becomes(state: RTCPeerConnectionState) {
    this.connectionState = state;
    this.onconnectionstatechange?.();
  }
}

class FakeSender {
  track: unknown = null;
  encodings: { maxBitrate?: number }[] = [{}];
  getParameters() {
    return { encodings: this.encodings.map((encoding) => ({ ...encoding })) };
  }
  async setParameters({ encodings }: { encodings: { maxBitrate?: number }[] }) {
    this.encodings = encodings;
  }
  async replaceTrack(track: unknown) {
    this.track = track;
  }
}

const settle = () => new Promise((resolve) => setTimeout(resolve, 0));
const PEER = (polite: boolean, generation = 1): Peer => ({
  side: polite ? 'teacher' : 'sam',
  name: 'x',
  polite,
  generation,
  path: 'direct',
  kbps: 1_500,
});

function link(polite: boolean) {
  const bits = { now: 256_000 };
  const connection = new FakeConnection();
  const sent: (Description | Candidate)[] = [];
  const timers: { ms: number; call: () => void }[] = [];
  const notes: unknown[] = [];
  const camera = { kind: 'video' } as MediaStreamTrack;
  const microphone = { kind: 'audio' } as MediaStreamTrack;
  const ports: LinkPorts = {
    connection: connection as unknown as RTCPeerConnection,
    send: (body) => void sent.push(body),
    later: (ms, call) => {
      const timer = { ms, call };
      timers.push(timer);
      return () => void timers.splice(timers.indexOf(timer), timers.includes(timer) ? 1 : 0);
    },
    changed: () => undefined,
    soundBits: () => bits.now,
    note: (_, error) => void notes.push(error),
  };
  return {
    link: new PeerLink(PEER(polite), { camera, microphone }, ports),
    connection,
    sent,
    timers,
    notes,
    bits,
  };
}

/** Carries what each sent to the other until nothing is left. */
async function carry(a: ReturnType<typeof link>, b: ReturnType<typeof link>) {
  for (let turns = 0; turns < 10; turns++) {
    await settle();
    const [fromA, fromB] = [a.sent.splice(0), b.sent.splice(0)];
    if (fromA.length + fromB.length === 0) return;
    await Promise.all([
      ...fromA.map((body) => b.link.receive(body)),
      ...fromB.map((body) => a.link.receive(body)),
    ]);
  }
  throw new Error('they never stop talking');
}

test('the impolite side offers two sections, the polite side answers in them, both send their tracks', async () => {
  const [impolite, polite] = [link(false), link(true)];
  await carry(impolite, polite);
  expect(impolite.connection.signalingState).toBe('stable');
  expect(polite.connection.signalingState).toBe('stable');
  for (const side of [impolite, polite]) {
    expect(side.connection.transceivers.map((t) => t.direction)).toEqual(['sendrecv', 'sendrecv']);
    expect(side.connection.transceivers.every((t) => t.sender.track !== null)).toBe(true);
    expect(side.notes).toEqual([]);
  }
});

test('two restarts at once: the polite side gives way, both end stable', async () => {
  const [impolite, polite] = [link(false), link(true)];
  await carry(impolite, polite);
  impolite.link.restart();
  polite.link.restart();
  await carry(impolite, polite);
  expect([impolite.connection.signalingState, polite.connection.signalingState]).toEqual([
    'stable',
    'stable',
  ]);
  expect([impolite.connection.rollbacks, polite.connection.rollbacks]).toEqual([0, 1]);
  expect([...impolite.notes, ...polite.notes]).toEqual([]);
});

test('T1 both ask for music in their own description, and send no more than they mean to', async () => {
  const [impolite, polite] = [link(false), link(true)];
  polite.bits.now = 40_000;
  await carry(impolite, polite);
  const most = (side: typeof polite) =>
    side.connection.transceivers.map((t) => t.sender.encodings[0]?.maxBitrate);
  for (const side of [impolite, polite]) {
    expect(side.connection.localDescription?.sdp).toContain(
      'stereo=1;sprop-stereo=1;maxaveragebitrate=256000',
    );
    expect(side.connection.remoteDescription?.sdp).toContain('maxaveragebitrate=256000');
  }
  expect([most(impolite), most(polite)]).toEqual([
    [256_000, undefined],
    [40_000, undefined],
  ]);
  // Switched in the lesson: nothing is negotiated for it.
  polite.bits.now = 256_000;
  polite.link.useTracks();
  await settle();
  expect(most(polite)).toEqual([256_000, undefined]);
  expect(polite.sent).toEqual([]);
});

test('a sender that is laid out late is bounded once media can flow', async () => {
  const { connection } = link(false);
  const sender = connection.transceivers[0]?.sender;
  if (sender === undefined) throw new Error('no sender');
  sender.encodings = [];
  await settle();
  sender.encodings = [{}];
  connection.becomes('connected');
  await settle();
  expect(sender.encodings).toEqual([{ maxBitrate: 256_000 }]);
});

test('a browser that takes no description but its own still negotiates', async () => {
  const { connection, sent } = link(false);
  const take = connection.setLocalDescription.bind(connection);
  connection.setLocalDescription = async (description) => {
    if (description.sdp.includes('stereo')) throw new DOMException('', 'InvalidModificationError');
    await take(description);
  };
  await settle();
  expect(sent).toEqual([{ kind: 'description', sdp_type: 'offer', sdp: connection.localDescription?.sdp }]);
});

test('a candidate that comes before its description waits for it', async () => {
  const polite = link(true);
  await polite.link.receive({ kind: 'candidate', candidate: 'early' });
  expect(polite.connection.candidates).toEqual([]);
  await polite.link.receive({ kind: 'description', sdp_type: 'offer', sdp: 'offer-1' });
  expect(polite.connection.candidates).toEqual(['early']);
});

test('failed restarts at once, disconnected after a while, and again until it is back', () => {
  const { connection, timers } = link(false);
  connection.becomes('disconnected');
  expect(timers[0]?.ms).toBe(RESTART_AFTER_MS);
  connection.becomes('failed');
  expect(timers).toHaveLength(1);
  timers.shift()?.call();
  expect(connection.restarts).toBe(1);
  timers.shift()?.call();
  expect(connection.restarts).toBe(2);
  connection.becomes('connected');
  expect(timers).toHaveLength(0);
});

test('after close nothing is sent and no restart is tried', async () => {
  const { link: closing, connection, sent } = link(false);
  closing.close();
  await settle();
  closing.restart();
  await closing.receive({ kind: 'description', sdp_type: 'offer', sdp: 'x' });
  expect(sent).toEqual([]);
  expect(connection.closed).toBe(true);
});

function track(kind: 'audio' | 'video') {
  return {
    kind,
    id: kind,
    enabled: true,
    stopped: false,
    onended: null as (() => void) | null,
    stop() {
      this.stopped = true;
    },
  };
}

function media(getUserMedia: MediaPorts['getUserMedia']) {
  const connections: FakeConnection[] = [];
  const signals: SignalFrame[] = [];
  const made = new Media({
    getUserMedia,
    makeConnection: () => {
      const connection = new FakeConnection();
      connections.push(connection);
      return connection as unknown as RTCPeerConnection;
    },
    signal: (frame) => void signals.push(frame),
    later: (ms, call) => {
      const timer = setTimeout(call, ms);
      return () => clearTimeout(timer);
    },
    note: () => undefined,
    changed: () => undefined,
    now: () => performance.now(),
  });
  return { media: made, connections, signals };
}

const both = () => {
  const tracks = [track('audio'), track('video')];
  return { tracks, stream: { getTracks: () => tracks } as unknown as MediaStream };
};

test('a new generation starts afresh, an older one’s signals are dropped, an early one’s wait', async () => {
  const { media: ours, connections } = media(async () => both().stream);
  ours.setPeers([PEER(true, 1)]);
  ours.receive({
    type: 'signal',
    sender: 'teacher',
    generation: 2,
    body: { kind: 'description', sdp_type: 'offer', sdp: 'two' },
  });
  ours.setPeers([PEER(true, 2)]);
  await settle();
  expect(connections[0]?.closed).toBe(true);
  expect(connections[1]?.remoteDescription?.sdp).toBe('two');
  ours.receive({
    type: 'signal',
    sender: 'teacher',
    generation: 1,
    body: { kind: 'description', sdp_type: 'offer', sdp: 'one' },
  });
  await settle();
  expect(connections[1]?.remoteDescription?.sdp).toBe('two');
  ours.setPeers([]);
  expect(connections[1]?.closed).toBe(true);
});

test('D1 stop ends every track and connection, and nothing starts again', async () => {
  const { tracks, stream } = both();
  const { media: ours, connections } = media(async () => stream);
  await ours.own.acquire();
  ours.setPeers([PEER(false)]);
  ours.stop();
  expect(tracks.every((t) => t.stopped)).toBe(true);
  expect(connections.every((connection) => connection.closed)).toBe(true);
  ours.setPeers([PEER(false, 2)]);
  await ours.own.acquire();
  expect(connections).toHaveLength(1);
});

test('D1 a camera that is granted after the end is stopped at once', async () => {
  const { tracks, stream } = both();
  let grant = (_: MediaStream) => undefined as unknown;
  const { media: ours } = media(() => new Promise((resolve) => (grant = resolve)));
  const asking = ours.own.acquire();
  ours.stop();
  grant(stream);
  await asking;
  expect(tracks.every((t) => t.stopped)).toBe(true);
});

test('what was sent never goes down, over generations', async () => {
  const { media: ours } = media(async () => both().stream);
  ours.setPeers([PEER(false, 1)]);
  expect((await ours.report()).sent).toBe(7);
  ours.setPeers([PEER(false, 2)]);
  expect((await ours.report()).sent).toBe(14);
});

test('a connection that does not say how it is holds up no report for longer than a second', async () => {
  vi.useFakeTimers();
  try {
    const { media: ours, connections } = media(async () => both().stream);
    ours.setPeers([PEER(false)]);
    expect((await ours.report()).sent).toBe(7);
    const [connection] = connections;
    if (connection !== undefined) connection.getStats = () => new Promise(() => undefined);
    const report = ours.report();
    await vi.advanceTimersByTimeAsync(1_000);
    expect((await report).sent).toBe(7);
  } finally {
    vi.useRealTimers();
  }
});

test('each device has its own trouble: no camera, and still a microphone', async () => {
  const devices = new OwnDevices(
    {
      getUserMedia: async (want) => {
        if (want.video) throw new DOMException('', 'NotFoundError');
        return { getTracks: () => [track('audio')] } as unknown as MediaStream;
      },
    },
    () => undefined,
  );
  await devices.acquire();
  expect([devices.state('camera'), devices.state('microphone')]).toEqual(['missing', 'on']);
  devices.switch('microphone');
  expect(devices.state('microphone')).toBe('off');
});

test.each([
  ['NotAllowedError', 'blocked'],
  ['NotReadableError', 'in_use'],
  ['NotFoundError', 'missing'],
  ['OverconstrainedError', 'missing'],
])('%s reads as %s', (name, state) => {
  expect(troubleOf(new DOMException('', name))).toBe(state);
});

test('an unplugged device has ended, and is taken again when it is back', async () => {
  const { tracks, stream } = both();
  const devices = new OwnDevices(
    { getUserMedia: async (want) => (want.audio && want.video ? stream : both().stream) },
    () => undefined,
  );
  await devices.acquire();
  tracks[1]?.onended?.();
  expect(devices.state('camera')).toBe('ended');
  await devices.acquire();
  expect(devices.state('camera')).toBe('on');
});

test('the report reads what MEDIA.md trusts', () => {
  const counts = count([
    { type: 'outbound-rtp', packetsSent: 100 },
    { type: 'outbound-rtp', packetsSent: 50 },
    { type: 'inbound-rtp', packetsReceived: 80, framesDecoded: 20 },
    { type: 'remote-inbound-rtp', fractionLost: 0.25, roundTripTime: 0.04 },
    { type: 'remote-inbound-rtp', fractionLost: 0.01, roundTripTime: 0.2 },
    { type: 'candidate-pair', nominated: true, availableOutgoingBitrate: 2_000_000 },
    { type: 'candidate-pair', nominated: false, availableOutgoingBitrate: 9_000_000 },
  ]);
  expect(counts).toEqual({
    sent: 150,
    received: 80,
    frames: 20,
    lost_permille: 250,
    rtt_ms: 200,
    kbps_out: 2000,
  });
  expect(together(counts, { ...NOTHING, sent: 1, kbps_out: 500 })).toMatchObject({
    sent: 151,
    kbps_out: 500,
    lost_permille: 250,
  });
});

test('a link that is paused sends nothing and stands; its tracks come back without a negotiation', async () => {
  const [impolite, polite] = [link(false), link(true)];
  await carry(impolite, polite);
  const tracks = () => impolite.connection.transceivers.map(({ sender }) => sender.track);
  impolite.link.pause(true);
  await settle();
  expect(tracks()).toEqual([null, null]);
  impolite.link.useTracks();
  await settle();
  expect(tracks()).toEqual([null, null]);
  impolite.link.pause(false);
  await settle();
  expect(tracks().every((track) => track !== null)).toBe(true);
  expect(impolite.sent).toEqual([]);
});

test('a way that is not found is looked for ever less often, and at once again after it was there', async () => {
  const { link: made, connection, timers } = link(false);
  await settle();
  connection.becomes('failed');
  const waits: number[] = [];
  for (let turn = 0; turn < 8; turn++) {
    const [timer] = timers.splice(0, 1);
    waits.push(timer?.ms ?? -1);
    timer?.call();
    connection.becomes('connecting');
    connection.becomes('failed');
  }
  expect(waits).toEqual([0, 8_000, 16_000, 32_000, 60_000, 60_000, 60_000, 60_000]);
  connection.becomes('connected');
  expect(timers).toEqual([]);
  connection.becomes('failed');
  expect(timers.map(({ ms }) => ms)).toEqual([0]);
  made.close();
});

test('a link stands while something comes over it, be it only answers to its own probes', async () => {
  const { link: made, connection } = link(false);
  const answers = (responsesReceived: number) => {
    connection.getStats = async () => new Map([['p', { type: 'candidate-pair', responsesReceived }]]);
  };
  connection.becomes('connected');
  answers(1);
  await made.count(1_000);
  expect(made.alive(1_000 + ALIVE_MS - 1)).toBe(true);
  await made.count(5_000);
  expect(made.alive(1_000 + ALIVE_MS)).toBe(false);
  answers(2);
  await made.count(8_000);
  expect(made.alive(8_000)).toBe(true);
  connection.becomes('disconnected');
  expect(made.alive(8_000)).toBe(false);
});

test('other credentials reach the connections that stand, for their next restart', async () => {
  const table = media(async () => ({ getTracks: () => [] }) as unknown as MediaStream);
  table.media.setPeers([PEER(false)]);
  const turn = { urls: ['turn:one'], username: 'u2', credential: 'c2' };
  table.media.useServers([turn]);
  expect(table.connections[0]?.configurations).toEqual([{ iceServers: [turn], bundlePolicy: 'max-bundle' }]);
  table.media.stop();
});

test('a report tells of each peer what came directly and whether that connection stands', async () => {
  const table = media(async () => ({ getTracks: () => [] }) as unknown as MediaStream);
  table.media.setPeers([PEER(false)]);
  const [connection] = table.connections;
  connection?.becomes('connected');
  if (connection !== undefined)
    connection.getStats = async () => new Map([['i', { type: 'inbound-rtp', packetsReceived: 90 }]]);
  const { paths } = await table.media.report();
  expect(paths).toEqual([{ peer: 'sam', direct: 90, alive: true, lost_permille: 0 }]);
  table.media.stop();
});

test('a browser that goes on connecting without end is made to look again', async () => {
  const { link: made, connection, timers } = link(false);
  await settle();
  connection.becomes('connecting');
  expect(timers.map(({ ms }) => ms)).toEqual([FIRST_MS_MAX]);
  timers.shift()?.call();
  expect(connection.restarts).toBe(1);
  connection.becomes('connecting');
  expect(timers.length).toBe(1);
  made.close();
});
