import { expect, test } from 'vitest';
import { FreshIce } from '../media/fresh_ice';
import type { LegPorts } from '../media/leg';
import { AUDIO_BITS_PER_S_MAX, HALF, Publishing, VIDEO_BITS_PER_S_MAX } from '../media/publishing';
import { BACK_MS_MAX, CHANGE_OVER_MS, LOOK_MS, RelayPath } from '../media/relay_path';
import { NO_PICTURE_MS } from '../media/relayed';
import { type Counts, NOTHING } from '../media/stats';
import type { LegFrame, Peer } from '../wire/types';

interface Laid {
  kind: string;
  direction: string;
  sender: FakeSender;
  receiver: { track: { kind: string } };
}

/** A sender as the browser has it: parameters are read, changed and given back. */
class FakeSender {
  track: unknown = null;
  constructor(public encodings: RTCRtpEncodingParameters[]) {}
  async replaceTrack(track: unknown) {
    this.track = track;
  }
  getParameters() {
    return { encodings: this.encodings.map((encoding) => ({ ...encoding })) };
  }
  async setParameters({ encodings }: { encodings: RTCRtpEncodingParameters[] }) {
    this.encodings = encodings;
  }
}

class FakeConnection {
  connectionState: RTCPeerConnectionState = 'new';
  onconnectionstatechange: (() => void) | null = null;
  ontrack: ((event: { track: unknown }) => void) | null = null;
  laid: Laid[] = [];
  stats: object[] = [];
  addTransceiver(kind: string, init: RTCRtpTransceiverInit) {
    const sender = new FakeSender(init.sendEncodings ?? []);
    const laid = { kind, direction: init.direction ?? '', sender, receiver: { track: { kind } } };
    this.laid.push(laid);
    return laid;
  }
  getTransceivers() {
    return this.laid;
  }
  async createOffer() {
    return { type: 'offer', sdp: 'offer' };
  }
  async setLocalDescription() {}
  async setRemoteDescription() {}
  async getStats() {
    return new Map(this.stats.map((entry, i) => [i, entry]));
  }
  close() {
    this.connectionState = 'closed';
  }
  get receives() {
    return this.laid.every(({ direction }) => direction === 'recvonly');
  }
  connect(tracks: string[] = []) {
    this.connectionState = 'connected';
    this.onconnectionstatechange?.();
    for (const track of tracks) this.ontrack?.({ track });
  }
  arrives(packets: number, frames: number, packetsLost = 0) {
    this.stats = [
      { type: 'inbound-rtp', kind: 'audio', packetsReceived: packets, packetsLost },
      { type: 'inbound-rtp', kind: 'video', packetsReceived: 0, framesDecoded: frames },
    ];
  }
}

const settle = () => new Promise((resolve) => setTimeout(resolve, 0));

/** A page with its sending leg open. */
async function page() {
  const made: FakeConnection[] = [];
  const sent: LegFrame[] = [];
  const timers: { ms: number; call: () => void }[] = [];
  const paused: Record<string, boolean> = {};
  const direct: Record<string, Counts> = {};
  const clock = { ms: 0, legs: 0, changes: 0 };
  const ports: LegPorts = {
    makeConnection: () => {
      const connection = new FakeConnection();
      made.push(connection);
      return connection as unknown as RTCPeerConnection;
    },
    send: (frame) => sent.push(frame) > 0,
    later: (ms, call) => {
      const timer = { ms, call };
      timers.push(timer);
      return () => void timers.splice(timers.indexOf(timer), timers.includes(timer) ? 1 : 0);
    },
    random: () => 0,
    now: () => clock.ms,
    number: () => ++clock.legs,
    note: () => undefined,
    changed: () => void ++clock.changes,
  };
  const tracks = { camera: null, microphone: null };
  const publishing = new Publishing(tracks, ports, () => 256_000);
  const path = new RelayPath(publishing, ports, {
    pause: (side, on) => {
      paused[side] = on;
    },
    counts: async (side) => direct[side] ?? NOTHING,
  });
  path.welcomed(true, []);
  await settle();
  const [leg] = made as [FakeConnection];
  path.receive({ type: 'leg_answer', n: 1, sdp: 'answer' });
  leg.connect();
  const fire = async (ms: number) => {
    const i = timers.findIndex((timer) => timer.ms === ms);
    if (i < 0) throw new Error(`no timer of ${ms}: ${timers.map((timer) => timer.ms)}`);
    const [timer] = timers.splice(i, 1);
    clock.ms += ms;
    timer?.call();
    await settle();
  };
  const last = () => made[made.length - 1] as FakeConnection;
  return { path, publishing, made, sent, timers, paused, direct, clock, leg, fire, last };
}

const peer = (path: Peer['path'], side = 'sam', kbps = 1_500): Peer => ({
  side,
  name: side,
  polite: false,
  generation: 1,
  path,
  kbps,
});

/** The same, with Sam's media shown from the relay. */
async function relayed() {
  const table = await page();
  table.path.setPeers([peer('relay')]);
  await settle();
  const incoming = table.last();
  table.path.receive({ type: 'leg_answer', n: 2, sdp: 'answer' });
  incoming.connect(['sound', 'picture']);
  incoming.arrives(50, 3);
  await table.fire(LOOK_MS);
  return { ...table, incoming };
}

test('while the path is direct nothing is opened and the leg stays small', async () => {
  const { path, made, leg } = await page();
  path.setPeers([peer('direct')]);
  await settle();
  expect(made.length).toBe(1);
  expect(path.tracks('sam')).toBeNull();
  expect(leg.laid.map(({ sender }) => sender.encodings[0]?.maxBitrate)).toEqual([
    AUDIO_BITS_PER_S_MAX,
    VIDEO_BITS_PER_S_MAX,
  ]);
});

test('on the relay a leg is opened for the peer, and one’s own carries whole pictures', async () => {
  const { path, sent, leg, last } = await page();
  path.setPeers([peer('relay', 'sam', 1_200)]);
  await settle();
  expect(sent[1]).toEqual({ type: 'leg', n: 2, sdp: 'offer', of: 'sam' });
  expect(last().laid.map(({ kind, direction }) => [kind, direction])).toEqual([
    ['audio', 'recvonly'],
    ['video', 'recvonly'],
  ]);
  const [sound, picture] = leg.laid.map(({ sender }) => sender.encodings[0]);
  expect(sound).toMatchObject({ maxBitrate: 256_000 });
  expect(picture).toMatchObject({ maxBitrate: 1_200_000, scaleResolutionDownBy: 1, maxFramerate: 30 });
});

test('what comes directly is shown until the relay’s decodes, and goes on being sent for a while', async () => {
  const { path, paused, fire, last } = await page();
  path.setPeers([peer('relay')]);
  await settle();
  path.receive({ type: 'leg_answer', n: 2, sdp: 'answer' });
  last().connect(['sound', 'picture']);
  await fire(LOOK_MS);
  expect(path.tracks('sam')).toBeNull();
  last().arrives(50, 1);
  await fire(LOOK_MS);
  expect(path.tracks('sam')).toEqual(['sound', 'picture']);
  expect(paused.sam).toBeUndefined();
  await fire(CHANGE_OVER_MS);
  expect(paused.sam).toBe(true);
});

test('a peer whose camera is off is heard', async () => {
  const { path, fire, last, clock } = await page();
  path.setPeers([peer('relay')]);
  await settle();
  last().connect(['sound', 'picture']);
  last().arrives(20, 0);
  await fire(LOOK_MS);
  expect(path.tracks('sam')).toBeNull();
  clock.ms += NO_PICTURE_MS;
  await fire(LOOK_MS);
  expect(path.tracks('sam')).toEqual(['sound', 'picture']);
});

test('back on the direct path the relay’s is shown until direct media decodes; then its leg is closed', async () => {
  const { path, paused, direct, fire, incoming, leg, timers } = await relayed();
  await fire(CHANGE_OVER_MS);
  direct.sam = { ...NOTHING, received: 700, frames: 70 };
  path.setPeers([peer('direct')]);
  await settle();
  expect(paused.sam).toBe(false);
  expect(leg.laid[1]?.sender.encodings[0]).toMatchObject({ scaleResolutionDownBy: HALF });
  await fire(LOOK_MS);
  expect(path.tracks('sam')).toEqual(['sound', 'picture']);
  direct.sam = { ...NOTHING, received: 720, frames: 71 };
  await fire(LOOK_MS);
  expect(path.tracks('sam')).toBeNull();
  expect(incoming.connectionState).toBe('closed');
  expect(timers).toEqual([]);
});

test('a direct path that decodes nothing does not keep the leg for ever', async () => {
  const { path, fire, incoming } = await relayed();
  path.setPeers([peer('direct')]);
  await settle();
  await fire(BACK_MS_MAX);
  expect(incoming.connectionState).toBe('closed');
});

test('to the relay again before direct decoded: the same leg goes on', async () => {
  const { path, made, incoming } = await relayed();
  path.setPeers([peer('direct')]);
  await settle();
  path.setPeers([peer('relay')]);
  await settle();
  expect(made.length).toBe(2);
  expect(incoming.connectionState).toBe('connected');
  expect(path.carries('sam')).toBe(true);
});

test('a peer who is gone, and the end, close the leg', async () => {
  const gone = await relayed();
  gone.path.setPeers([]);
  expect(gone.incoming.connectionState).toBe('closed');
  const ended = await relayed();
  ended.path.stop();
  expect(ended.made.map(({ connectionState }) => connectionState)).toEqual(['closed', 'closed']);
  expect(ended.timers).toEqual([]);
});

test('the picture of several peers is bounded by the least of them', async () => {
  const { path, leg } = await page();
  path.setPeers([peer('relay', 'sam', 900), peer('relay', 'kit', 400), peer('direct', 'jo', 100)]);
  await settle();
  expect(leg.laid[1]?.sender.encodings[0]?.maxBitrate).toBe(400_000);
});

test('a report counts what goes through the relay between the two, and nothing that only observers see', async () => {
  const { path, leg, incoming } = await relayed();
  const sends = (packetsSent: number) => {
    leg.stats = [{ type: 'outbound-rtp', packetsSent }];
  };
  sends(1_000);
  const first = await path.counts();
  sends(1_080);
  incoming.arrives(130, 20);
  const second = await path.counts();
  expect([second.sent - first.sent, second.received - first.received, second.frames - first.frames]).toEqual([
    80, 80, 17,
  ]);
  path.setPeers([peer('direct')]);
  await settle();
  sends(2_000);
  expect((await path.counts()).sent).toBe(second.sent);
  expect((await path.counts()).received).toBe(second.received);
});

test('what small pictures the leg sent before is not counted', async () => {
  const { path, leg } = await page();
  leg.stats = [{ type: 'outbound-rtp', packetsSent: 5_000 }];
  expect((await path.counts()).sent).toBe(0);
  path.setPeers([peer('relay')]);
  leg.stats = [{ type: 'outbound-rtp', packetsSent: 5_040 }];
  expect((await path.counts()).sent).toBe(40);
});

test('loss is that since the last report', async () => {
  const { path, incoming } = await relayed();
  path.lostPermille('sam');
  incoming.arrives(140, 10, 10);
  await path.counts();
  expect(path.lostPermille('sam')).toBe(100);
  await path.counts();
  expect(path.lostPermille('sam')).toBe(0);
  expect(path.lostPermille('kit')).toBe(0);
});

test('a leg that carries stays over a resume; one that does not is offered anew', async () => {
  const { path, made, incoming } = await relayed();
  path.welcomed(true, []);
  await settle();
  expect(made.length).toBe(2);
  incoming.connectionState = 'failed';
  incoming.onconnectionstatechange?.();
  expect(path.tracks('sam')).toBeNull();
  path.welcomed(true, []);
  await settle();
  expect(made.length).toBe(3);
});

test('credentials are asked for when half of their life is gone, and again while none come', async () => {
  const timers: { ms: number; call: () => void }[] = [];
  let asked = 0;
  const fresh = new FreshIce({
    ask: () => {
      asked += 1;
      return true;
    },
    later: (ms, call) => {
      const timer = { ms, call };
      timers.push(timer);
      return () => void timers.splice(timers.indexOf(timer), timers.includes(timer) ? 1 : 0);
    },
  });
  fresh.given(600);
  fresh.given(600);
  expect(timers.map(({ ms }) => ms)).toEqual([300_000]);
  timers.shift()?.call();
  expect(asked).toBe(1);
  expect(timers.map(({ ms }) => ms)).toEqual([60_000]);
  timers.shift()?.call();
  expect(asked).toBe(2);
  fresh.given(600);
  expect(timers.map(({ ms }) => ms)).toEqual([300_000]);
  fresh.given(0);
  expect(timers).toEqual([]);
});
