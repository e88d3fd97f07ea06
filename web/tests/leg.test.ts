import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { GONE_MS, Leg, type LegPorts, OPEN_MS, REOPEN_FIRST_MS, REOPEN_MAX_MS } from '../media/leg';
import {
  AUDIO_BITS_PER_S_MAX,
  FRAMES_PER_S_MAX,
  HALF,
  Publishing,
  VIDEO_BITS_PER_S_MAX,
} from '../media/publishing';
import { LOOK_MS, STALE_MS, Watching } from '../media/watching';
import type { IceServer, LegAnswer, LegFrame, LegRefused } from '../wire/types';

interface Laid {
  kind: string;
  init: RTCRtpTransceiverInit;
  codecs: string[];
  sender: { track: unknown; replaceTrack(track: unknown): Promise<void> };
  receiver: { track: { kind: string } };
}

/** As much of a connection as a leg uses. */
class FakeConnection {
  connectionState: RTCPeerConnectionState = 'new';
  onconnectionstatechange: (() => void) | null = null;
  ontrack: ((event: RTCTrackEvent) => void) | null = null;
  readonly laid: Laid[] = [];
  readonly remote: string[] = [];
  stats: object[] = [];
  closed = false;
  negotiations = 0;

  addTransceiver(kind: string, init: RTCRtpTransceiverInit) {
    const sender = {
      track: null as unknown,
      replaceTrack: async (track: unknown) => {
        sender.track = track;
      },
    };
    const laid = {
      kind,
      init,
      codecs: [] as string[],
      sender,
      receiver: { track: { kind } },
      setCodecPreferences: (codecs: { mimeType: string }[]) => {
        laid.codecs = codecs.map((codec) => codec.mimeType);
      },
    };
    this.laid.push(laid);
    return laid;
  }
  getTransceivers() {
    return this.laid;
  }
  async createOffer() {
    this.negotiations += 1;
    return { type: 'offer', sdp: `offer of ${this.laid.length}` };
  }
  async setLocalDescription() {
    await Promise.resolve();
  }
  async setRemoteDescription({ sdp }: { sdp: string }) {
    if (sdp === 'nonsense') throw new Error('nonsense');
    this.remote.push(sdp);
  }
  async getStats() {
    return new Map(this.stats.map((entry, i) => [String(i), entry]));
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

function bench() {
  const made: FakeConnection[] = [];
  const servers: (readonly IceServer[])[] = [];
  const sent: LegFrame[] = [];
  const timers: { ms: number; call: () => void }[] = [];
  const notes: string[] = [];
  const line = { up: true };
  const clock = { ms: 0, legs: 0 };
  const ports: LegPorts = {
    makeConnection: (given) => {
      const connection = new FakeConnection();
      made.push(connection);
      servers.push(given);
      return connection as unknown as RTCPeerConnection;
    },
    send: (frame) => {
      if (line.up) sent.push(frame);
      return line.up;
    },
    later: (ms, call) => {
      const timer = { ms, call };
      timers.push(timer);
      return () => void timers.splice(timers.indexOf(timer), timers.includes(timer) ? 1 : 0);
    },
    random: () => 0,
    note: (what) => void notes.push(what),
    changed: () => undefined,
    now: () => clock.ms,
    number: () => ++clock.legs,
  };
  const last = () => made[made.length - 1] as FakeConnection;
  /** The one timer of this length goes off. */
  const fire = async (ms: number) => {
    const i = timers.findIndex((timer) => timer.ms === ms);
    const [timer] = i < 0 ? [] : timers.splice(i, 1);
    if (timer === undefined) throw new Error(`no timer of ${ms}: ${timers.map((t) => t.ms)}`);
    timer.call();
    await settle();
  };
  return { ports, made, servers, sent, timers, notes, line, clock, last, fire };
}

const settle = () => new Promise((resolve) => setTimeout(resolve, 0));
const answer = (n: number, sdp = 'answer'): LegAnswer => ({ type: 'leg_answer', n, sdp });
const refused = (n: number, code: string): LegRefused => ({ type: 'leg_refused', n, code, text: '' });
const TURN: IceServer[] = [{ urls: ['turn:one'], username: 'u', credential: 'c' }];

async function opened() {
  const table = bench();
  const leg = new Leg(table.ports, (connection) => void connection.addTransceiver('audio', {}));
  leg.open([]);
  await settle();
  return { ...table, leg };
}

test('a leg is offered at once, answered, and open when media can flow', async () => {
  const { leg, sent, last, timers } = await opened();
  expect(sent).toEqual([{ type: 'leg', n: 1, sdp: 'offer of 1' }]);
  expect(leg.state).toBe('opening');
  leg.receive(answer(1));
  await settle();
  expect(last().remote).toEqual(['answer']);
  expect(leg.state).toBe('opening');
  last().becomes('connected');
  expect(leg.state).toBe('open');
  expect(timers).toEqual([]);
});

test('an answer to an earlier offer is dropped', async () => {
  const { leg, sent, last, made } = await opened();
  leg.open([]);
  await settle();
  expect(sent.map(({ n }) => n)).toEqual([1, 2]);
  expect(made[0]?.closed).toBe(true);
  leg.receive(answer(1, 'old'));
  await settle();
  expect(last().remote).toEqual([]);
  leg.receive(answer(2));
  await settle();
  expect(last().remote).toEqual(['answer']);
});

test('a leg that fails is closed and offered anew under the next number, later each time', async () => {
  const { leg, sent, last, fire, made } = await opened();
  leg.receive(answer(1));
  await settle();
  last().becomes('failed');
  expect(leg.state).toBe('again');
  expect(made[0]?.closed).toBe(true);
  let wait = REOPEN_FIRST_MS;
  for (let n = 2; n < 10; n++) {
    await fire(wait);
    expect(sent[sent.length - 1]?.n).toBe(n);
    await fire(OPEN_MS);
    wait = Math.min(REOPEN_MAX_MS, wait * 2);
  }
  expect(wait).toBe(REOPEN_MAX_MS);
  await fire(wait);
  last().becomes('connected');
  last().becomes('failed');
  await fire(REOPEN_FIRST_MS);
  expect(made.filter((connection) => !connection.closed)).toHaveLength(1);
});

test('a cut that heals is not noticed; one that stays brings another leg', async () => {
  const { leg, last, fire, timers, made } = await opened();
  last().becomes('connected');
  last().becomes('disconnected');
  last().becomes('connected');
  expect(timers).toEqual([]);
  last().becomes('disconnected');
  await fire(GONE_MS);
  expect(leg.state).toBe('again');
  await fire(REOPEN_FIRST_MS);
  expect(made).toHaveLength(2);
});

test('with the line down an offer waits like one that failed', async () => {
  const table = bench();
  table.line.up = false;
  const leg = new Leg(table.ports, () => undefined);
  leg.open([]);
  await settle();
  expect(leg.state).toBe('again');
  table.line.up = true;
  await table.fire(REOPEN_FIRST_MS);
  expect(table.sent).toHaveLength(1);
});

test('an answer that the browser does not take is no leg', async () => {
  const { leg, notes } = await opened();
  leg.receive(answer(1, 'nonsense'));
  await settle();
  expect(notes).toEqual(['leg answer']);
  expect(leg.state).toBe('again');
});

test.each([
  ['too_fast', 'again'],
  ['relay_full', 'again'],
  ['lesson_full', 'again'],
  ['relay_failed', 'again'],
  ['no_relay', 'none'],
  ['over', 'none'],
  ['not_yours', 'none'],
  ['bad_offer', 'none'],
  ['stale_epoch', 'none'],
])('refused by %s: %s', async (code, state) => {
  const { leg, timers, made } = await opened();
  leg.receive(refused(1, code));
  expect(leg.state).toBe(state);
  expect(made[0]?.closed).toBe(true);
  expect(timers).toHaveLength(state === 'again' ? 1 : 0);
});

test('a closed leg stays closed, whatever comes after it', async () => {
  const { leg, last, timers, made, sent } = await opened();
  const connection = last();
  const late = connection.onconnectionstatechange;
  leg.close();
  expect(connection.closed).toBe(true);
  connection.connectionState = 'failed';
  late?.();
  leg.receive(answer(1));
  leg.open([]);
  await settle();
  expect([leg.state, timers.length, made.length, sent.length]).toEqual(['closed', 0, 1, 1]);
});

test('a browser without a connection to give does not stop the page', async () => {
  const { ports, notes, timers } = bench();
  const leg = new Leg(
    {
      ...ports,
      makeConnection: () => {
        throw new Error('too many');
      },
    },
    () => undefined,
  );
  leg.open([]);
  await settle();
  expect(notes).toEqual(['leg offer']);
  expect([leg.state, timers.length]).toEqual(['again', 1]);
});

// A participant's -------------------------------------------------------------------------------------------

function publishing() {
  const tracks: Record<'camera' | 'microphone', MediaStreamTrack | null> = { camera: null, microphone: null };
  const table = bench();
  return { ...table, tracks, page: new Publishing(tracks, table.ports) };
}

test('a participant sends sound and picture only, small', async () => {
  const { page, last, servers } = publishing();
  page.welcomed(true, TURN);
  await settle();
  expect(servers).toEqual([TURN]);
  expect(last().laid.map(({ kind, init }) => ({ kind, ...init }))).toEqual([
    { kind: 'audio', direction: 'sendonly', sendEncodings: [{ maxBitrate: AUDIO_BITS_PER_S_MAX }] },
    {
      kind: 'video',
      direction: 'sendonly',
      sendEncodings: [
        { scaleResolutionDownBy: HALF, maxFramerate: FRAMES_PER_S_MAX, maxBitrate: VIDEO_BITS_PER_S_MAX },
      ],
    },
  ]);
});

test('tracks that come, go or are switched need no negotiation', async () => {
  const { page, tracks, last } = publishing();
  const [camera, other, microphone] = [{}, {}, {}] as MediaStreamTrack[];
  tracks.camera = camera ?? null;
  page.welcomed(true, []);
  await settle();
  const sending = () => last().laid.map(({ sender }) => sender.track);
  expect(sending()).toEqual([null, camera]);
  Object.assign(tracks, { camera: other, microphone });
  page.useTracks();
  expect(sending()).toEqual([microphone, other]);
  tracks.camera = null;
  page.useTracks();
  expect(sending()).toEqual([microphone, null]);
  expect(last().negotiations).toBe(1);
});

test('the leg outlives the line: after a welcome another is offered only where there is none that works', async () => {
  const { page, last, made, sent } = publishing();
  page.welcomed(true, []);
  await settle();
  last().becomes('connected');
  page.welcomed(true, []);
  await settle();
  expect(made).toHaveLength(1);
  last().becomes('failed');
  page.welcomed(true, []);
  await settle();
  expect(sent.map(({ n }) => n)).toEqual([1, 2]);
});

test('without a relay there is no leg, and none is left', async () => {
  const { page, last, made } = publishing();
  page.welcomed(false, []);
  await settle();
  page.useTracks();
  expect(made).toHaveLength(0);
  page.welcomed(true, []);
  await settle();
  last().becomes('connected');
  page.welcomed(false, []);
  expect(last().closed).toBe(true);
});

test('a stopped page has no leg, and gets none', async () => {
  const { page, last, made } = publishing();
  page.welcomed(true, []);
  await settle();
  page.stop();
  expect(last().closed).toBe(true);
  page.welcomed(true, []);
  page.useTracks();
  await settle();
  expect(made).toHaveLength(1);
});

// An observer's ---------------------------------------------------------------------------------------------

beforeEach(() => {
  const codecs = ['opus', 'VP8', 'VP9', 'H264', 'rtx', 'red'].map((name) => ({
    mimeType: `${name === 'opus' ? 'audio' : 'video'}/${name}`,
  }));
  vi.stubGlobal('RTCRtpReceiver', { getCapabilities: () => ({ codecs }) });
});
afterEach(() => void vi.unstubAllGlobals());

async function watching(sides = ['teacher', 'sam']) {
  const table = bench();
  const page = new Watching(table.ports);
  page.welcomed(true, [], sides);
  await settle();
  const arrives = (side: string, kind: string) =>
    table.last().ontrack?.({
      track: { id: `${side} ${kind}`, kind },
      streams: [{ id: side }],
    } as unknown as RTCTrackEvent);
  /** Time passes, these many frames and packets have come by now. */
  const look = async (ms: number, side: string, framesDecoded: number, packetsReceived: number) => {
    table.clock.ms += ms;
    table.last().stats = [
      {
        type: 'inbound-rtp',
        kind: 'video',
        trackIdentifier: `${side} video`,
        framesDecoded,
        packetsReceived: 9,
      },
      { type: 'inbound-rtp', kind: 'audio', trackIdentifier: `${side} audio`, packetsReceived },
      { type: 'inbound-rtp', kind: 'video', trackIdentifier: 'nobody', framesDecoded: 999 },
      { type: 'transport' },
    ];
    await table.fire(LOOK_MS);
  };
  return { ...table, page, arrives, look };
}

test('an observer receives sound and picture of each side, in their order, and sends nothing', async () => {
  const { last, sent } = await watching(['teacher', 'sam', 'kim']);
  const kinds = last().laid.map(({ kind, init }) => `${kind} ${init.direction}`);
  expect(kinds).toEqual(Array(3).fill(['audio recvonly', 'video recvonly']).flat());
  expect(last().laid.every(({ sender }) => sender.track === null)).toBe(true);
  expect(last().laid[1]?.codecs).toEqual(['audio/opus', 'video/VP8']);
  expect(sent).toEqual([{ type: 'leg', n: 1, sdp: 'offer of 6' }]);
});

test('a stream’s name is its side; what is nobody’s is not shown', async () => {
  const { page, arrives } = await watching();
  arrives('teacher', 'audio');
  arrives('teacher', 'video');
  arrives('mallory', 'video');
  expect(page.incoming('teacher').map(({ id }) => id)).toEqual(['teacher audio', 'teacher video']);
  expect(page.incoming('sam')).toEqual([]);
  expect(page.incoming('mallory')).toEqual([]);
});

test('picture and sound are here while they come, and gone when they stop', async () => {
  const { page, arrives, look, last } = await watching();
  const sights = () => [page.picture('sam'), page.sound('sam')];
  arrives('sam', 'video');
  arrives('sam', 'audio');
  await look(LOOK_MS, 'sam', 0, 1);
  expect(sights()).toEqual(['coming', 'here']);
  last().becomes('connected');
  await look(LOOK_MS, 'sam', 3, 2);
  expect(sights()).toEqual(['here', 'here']);
  await look(STALE_MS - 1, 'sam', 3, 3);
  expect(sights()).toEqual(['here', 'here']);
  await look(1, 'sam', 3, 3);
  expect(sights()).toEqual(['gone', 'here']);
  await look(LOOK_MS, 'sam', 4, 3);
  expect(sights()).toEqual(['here', 'here']);
});

test('a side of which nothing ever comes is waited for, then there is none', async () => {
  const { page, last, look, clock, arrives } = await watching();
  arrives('sam', 'video');
  arrives('sam', 'audio');
  clock.ms = 10 * STALE_MS;
  expect(page.picture('teacher')).toBe('coming');
  last().becomes('connected');
  await look(LOOK_MS, 'sam', 3, 3);
  expect([page.picture('teacher'), page.sound('teacher')]).toEqual(['coming', 'coming']);
  await look(STALE_MS, 'sam', 9, 9);
  expect([page.picture('teacher'), page.sound('teacher')]).toEqual(['gone', 'gone']);
  expect(page.picture('sam')).toBe('here');
});

test('each welcome brings a new leg: the one before went with its line', async () => {
  const { page, last, made, arrives } = await watching();
  arrives('sam', 'video');
  last().becomes('connected');
  page.welcomed(true, [], ['teacher', 'sam']);
  await settle();
  expect(made.map(({ closed }) => closed)).toEqual([true, false]);
  expect(page.incoming('sam')).toEqual([]);
});

test('at the end everything stops at once', async () => {
  const { page, last, arrives, timers } = await watching();
  arrives('sam', 'video');
  page.stop();
  expect(last().closed).toBe(true);
  expect([page.incoming('sam'), page.picture('sam'), page.state, timers.length]).toEqual([
    [],
    'coming',
    'closed',
    0,
  ]);
});

test('without a relay nothing is offered', async () => {
  const table = bench();
  const page = new Watching(table.ports);
  page.welcomed(false, [], ['teacher', 'sam']);
  await settle();
  expect([table.made.length, page.state]).toEqual([0, 'none']);
});

// Ahead of the welcome ----------------------------------------------------------------------------------------

async function warmed() {
  const table = bench();
  const page = new Watching(table.ports);
  page.warm();
  await settle();
  return { ...table, page };
}

test('what was made ahead is offered with the welcome, and not before', async () => {
  const { page, made, sent, fire, last } = await warmed();
  expect([made.length, sent.length, page.state]).toEqual([1, 0, 'none']);
  await fire(LOOK_MS);
  page.welcomed(true, [], ['teacher', 'sam']);
  await settle();
  expect([made.length, last().negotiations]).toEqual([1, 1]);
  expect(sent).toEqual([{ type: 'leg', n: 1, sdp: 'offer of 4' }]);
  page.receive({ type: 'leg_answer', n: 1, sdp: 'answer' });
  await settle();
  last().becomes('connected');
  expect(page.state).toBe('open');
  await fire(LOOK_MS);
});

test('what was made ahead and does not fit is closed, and another made', async () => {
  const several = await warmed();
  several.page.welcomed(true, [], ['teacher', 'sam', 'kim']);
  await settle();
  expect(several.made.map(({ closed }) => closed)).toEqual([true, false]);
  expect(several.sent.map(({ sdp }) => sdp)).toEqual(['offer of 6']);
  const served = await warmed();
  served.page.welcomed(true, [{ urls: ['turn:t'], username: '', credential: '' }], ['teacher', 'sam']);
  await settle();
  expect([served.made.length, served.servers[1]?.length]).toEqual([2, 1]);
});

test('what was made ahead is closed where there is no relay, or where one leaves before the welcome', async () => {
  const none = await warmed();
  none.page.welcomed(false, [], ['teacher', 'sam']);
  expect([none.last().closed, none.page.state]).toEqual([true, 'none']);
  const left = await warmed();
  left.page.stop();
  expect([left.last().closed, left.timers.length]).toEqual([true, 0]);
});
