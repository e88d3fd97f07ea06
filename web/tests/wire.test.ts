import { decode, encode } from '@msgpack/msgpack';
import { expect, test } from 'vitest';
import { LESSON, T } from '../gallery/rooms';
import { Refusal } from '../wire/http';
import {
  deviceId,
  LessonSocket,
  type Line,
  type Ports,
  REPORT_LATE_MS,
  SILENT_AFTER_MS,
} from '../wire/lesson_socket';
import { OUTBOX_MAX, Outbox, RESEND_AFTER_MS } from '../wire/outbox';
import type { Ack, ClientFrame, Report, ServerFrame, Welcome } from '../wire/types';

class FakeLine implements Line {
  binaryType: BinaryType = 'blob';
  bufferedAmount = 0;
  onopen: ((event: Event) => unknown) | null = null;
  onmessage: ((event: MessageEvent) => unknown) | null = null;
  onclose: ((event: CloseEvent) => unknown) | null = null;
  readonly sent: ClientFrame[] = [];
  /** A server that is well: it answers every frame with `t`. */
  answers = false;
  closed = false;
  send(data: Uint8Array<ArrayBuffer>): void {
    const frame = decode(data) as ClientFrame;
    this.sent.push(frame);
    if (this.answers && 't' in frame) this.hears({ type: 'beat', t: frame.t ?? 0, now: T });
  }
  close(): void {
    this.closed = true;
  }
  opens(): void {
    this.onopen?.({} as Event);
  }
  hears(frame: ServerFrame): void {
    const bytes = encode(frame);
    this.onmessage?.({
      data: bytes.buffer.slice(bytes.byteOffset, bytes.byteOffset + bytes.byteLength),
    } as MessageEvent);
  }
  closes(code: number): void {
    this.onclose?.({ code } as CloseEvent);
  }
  types(): string[] {
    return this.sent.map((frame) => frame.type);
  }
}

class FakeKeep extends Map<string, string> {
  getItem = (key: string) => this.get(key) ?? null;
  setItem = (key: string, value: string) => void this.set(key, value);
  removeItem = (key: string) => void this.delete(key);
}

class World {
  readonly lines: FakeLine[] = [];
  readonly timers: { at: number; call: () => void }[] = [];
  readonly links: string[] = [];
  readonly frames: ServerFrame[] = [];
  readonly acks: Ack[] = [];
  readonly keep = new FakeKeep();
  /** A hidden tab: timers fire at full seconds only, and a little later. */
  hidden = false;
  time = 0;
  tickets = 0;
  ids = 0;
  refuse: Refusal | null = null;
  readonly ports: Ports = {
    open: () => {
      const line = new FakeLine();
      this.lines.push(line);
      return line;
    },
    ticket: async () => {
      if (this.refuse !== null) throw this.refuse;
      return `ticket-${++this.tickets}`;
    },
    later: (ms, call) => {
      const at = this.time + ms;
      const timer = { at: this.hidden ? Math.ceil(at / 1_000) * 1_000 + 2 : at, call };
      this.timers.push(timer);
      return () => void this.timers.splice(this.timers.indexOf(timer), this.timers.includes(timer) ? 1 : 0);
    },
    now: () => this.time,
    random: () => 0.5,
    newId: () => `id-${++this.ids}`,
    keep: this.keep,
  };
  readonly socket = this.make();

  make(): LessonSocket {
    return new LessonSocket('lesson-1', 'device-1', this.ports, {
      frame: (frame) => void this.frames.push(frame),
      link: (link, refusal) => void this.links.push(refusal ? `${link}: ${refusal}` : link),
      answered: (_, ack) => void this.acks.push(ack),
    });
  }

  get line(): FakeLine {
    const line = this.lines[this.lines.length - 1];
    if (line === undefined) throw new Error('no line was opened');
    return line;
  }

  async pass(ms: number): Promise<void> {
    const until = this.time + ms;
    for (let steps = 0; steps < 1_000; steps++) {
      this.timers.sort((a, b) => a.at - b.at);
      const next = this.timers[0];
      if (next === undefined || next.at > until) break;
      this.timers.shift();
      this.time = next.at;
      next.call();
      await settle();
    }
    this.time = until;
  }
}

const settle = () => new Promise((resolve) => setTimeout(resolve, 0));
const welcome = (n: number, resumed = false): Welcome => ({
  type: 'welcome',
  you: { role: 'pupil_side', side: 'sam', name: 'Anna Meyer', epoch: 1 },
  lesson: LESSON,
  cursor: { projection: 1, n },
  resumed,
  now: T,
  beat_ms: 1000,
  ice_servers: [],
  ice_life_s: 0,
  relay: false,
});
const ack = (action: string, ok = true): Ack => ({ type: 'ack', action, ok, code: '', text: '' });

async function joined(world = new World()): Promise<World> {
  world.socket.start();
  await settle();
  world.line.opens();
  world.line.hears(welcome(0));
  return world;
}

test('the ticket goes in the first frame, and the beat goes every second', async () => {
  const world = await joined();
  expect(world.line.sent[0]).toEqual({
    type: 'join',
    ticket: 'ticket-1',
    device: 'device-1',
    take_over: false,
  });
  expect(world.links).toEqual(['open']);
  await world.pass(1_000);
  world.line.hears({ type: 'beat', t: 1, now: T });
  await world.pass(1_000);
  expect(world.line.types()).toEqual(['join', 'beat', 'beat']);
});

const REPORT: Report = { type: 'report', camera: 'on', microphone: 'on', sent: 1, received: 2, frames: 3 };

/** When the server heard that the page is there, in ms, and by what; the page reports as `RoomSession` does. */
async function told(world: World, seconds: number, reports: (second: number) => number | null) {
  const heard: [number, string][] = [];
  const { line } = world;
  line.answers = true;
  const begin = world.time;
  for (let second = 0; second < seconds; second++) {
    const after = reports(second);
    const at = begin + second * 1_000 + (after ?? 0);
    if (after !== null) world.timers.push({ at, call: () => void world.socket.report(REPORT) });
  }
  const send = line.send.bind(line);
  line.send = (data) => {
    const frame = decode(data) as ClientFrame;
    if ('t' in frame) heard.push([world.time - begin, frame.type]);
    send(data);
  };
  await world.pass(seconds * 1_000 - 1);
  return heard;
}

const gaps = (heard: [number, string][]) => heard.slice(1).map(([at], i) => at - (heard[i]?.[0] ?? 0));

test('a report carries the beat: one frame a second, though getStats is now slower, now quicker', async () => {
  const heard = await told(await joined(), 60, (second) => [5, 80, 240, 30][second % 4] ?? 0);
  expect(heard).toHaveLength(60);
  expect(heard.every(([, type]) => type === 'report')).toBe(true);
});

test('the beat of a report is the clock of the page, in whole milliseconds', async () => {
  const world = await joined();
  world.time = 1_234.5;
  expect(world.socket.report(REPORT)).toBe(true);
  expect(world.line.sent[1]).toEqual({ ...REPORT, t: 1_234 });
});

test('reports that stop are followed by beats, a second apart, and beats by reports again', async () => {
  const heard = await told(await joined(), 30, (second) => (second >= 10 && second < 20 ? null : 20));
  const beats = heard.filter(([, type]) => type === 'beat').map(([at]) => at);
  expect(beats[0]).toBe(9_020 + 1_000 + REPORT_LATE_MS);
  expect(beats).toHaveLength(10);
  expect(Math.max(...gaps(heard))).toBe(1_000 + REPORT_LATE_MS);
  expect(heard[heard.length - 1]?.[1]).toBe('report');
  expect(heard).toHaveLength(30);
});

test('a report that comes every two seconds leaves no gap either', async () => {
  const heard = await told(await joined(), 60, (second) => (second % 2 === 0 ? 20 : null));
  expect(Math.max(...gaps(heard))).toBeLessThanOrEqual(1_000 + REPORT_LATE_MS);
});

test.each([
  ['with reports', (_: number) => 3],
  ['without any', () => null],
])('a hidden tab is heard every second, %s', async (_, reports) => {
  const world = await joined();
  await world.pass(300);
  world.hidden = true;
  await world.pass(2_000);
  const heard = await told(world, 60, reports);
  expect(heard.length).toBeGreaterThanOrEqual(59);
  expect(Math.max(...gaps(heard))).toBeLessThanOrEqual(1_000);
});

test('a tab that slept beats at once, and then as ever', async () => {
  const world = await joined();
  world.line.answers = true;
  world.timers.forEach((timer) => {
    timer.at = 5_000;
  });
  await world.pass(8_000);
  expect(world.line.types()).toEqual(['join', 'beat', 'beat', 'beat', 'beat']);
});

test('no report goes on a line that is not open, and after coming back the beat goes on', async () => {
  const world = await joined();
  world.line.closes(1006);
  expect(world.socket.report(REPORT)).toBe(false);
  await world.pass(1_000);
  world.line.opens();
  expect(world.socket.report(REPORT)).toBe(false);
  world.line.hears(welcome(0, true));
  await world.pass(1_000);
  expect(world.line.types()).toEqual(['join', 'beat']);
});

test('a page that reports leaves a dead line, too, and repeats what is not acknowledged', async () => {
  const world = await joined();
  const first = world.line;
  world.socket.ask({ type: 'start' });
  await world.pass(900);
  for (let second = 0; second < 8; second++) {
    world.socket.report(REPORT);
    await world.pass(1_000);
  }
  expect(first.closed).toBe(true);
  expect(first.types().filter((type) => type === 'start')).toHaveLength(2);
  expect(first.types()).not.toContain('beat');
  expect(world.lines).toHaveLength(2);
});

test('a lost line comes back by itself, with a fresh ticket and the cursor', async () => {
  const world = await joined();
  const happened = { shown: 'happened', at: T, what: 'here', side: 'sam', detail: '' } as const;
  world.line.hears({ type: 'event', n: 1, event: happened });
  world.line.hears({ type: 'event', n: 2, event: happened });
  world.line.closes(1006);
  expect(world.links).toEqual(['open', 'reconnecting']);
  await world.pass(1_000);
  world.line.opens();
  expect(world.lines).toHaveLength(2);
  expect(world.line.sent[0]).toMatchObject({ ticket: 'ticket-2', resume: { projection: 1, n: 2 } });
});

test('a line on which nothing comes is dead, though the socket says open', async () => {
  const world = await joined();
  const first = world.line;
  await world.pass(SILENT_AFTER_MS + 2_000);
  expect(first.closed).toBe(true);
  expect(world.lines.length).toBeGreaterThan(1);
  first.hears(welcome(99));
  expect(world.frames.filter((frame) => frame.type === 'welcome')).toHaveLength(1);
});

test('backoff grows, and is bounded: 5 minutes without a server are no storm', async () => {
  const world = await joined();
  world.refuse = new Refusal(0, 'no_answer', '');
  let asked = 0;
  const ticket = world.ports.ticket;
  world.ports.ticket = () => {
    asked += 1;
    return ticket();
  };
  world.line.closes(1006);
  await world.pass(300_000);
  expect(asked).toBeGreaterThan(50);
  expect(asked).toBeLessThan(75);
  world.refuse = null;
  await world.pass(5_000);
  expect(world.lines).toHaveLength(2);
});

test('an action waits for a line, goes out with one id, and again with the same until it is acknowledged', async () => {
  const world = new World();
  const asked = world.socket.ask({ type: 'say', text: 'hello' });
  await joined(world);
  expect(world.line.sent[1]).toEqual({ type: 'say', text: 'hello', action: asked?.action });
  world.line.closes(1006);
  await world.pass(1_000);
  world.line.opens();
  world.line.hears(welcome(0, true));
  expect(world.line.sent[1]).toEqual({ type: 'say', text: 'hello', action: asked?.action });
  world.line.hears(ack(asked?.action ?? ''));
  expect(world.acks).toHaveLength(1);
  expect(world.socket.outbox.waiting).toHaveLength(0);
  world.line.hears(ack(asked?.action ?? ''));
  expect(world.acks).toHaveLength(1);
});

test('on a line that stays up an unacknowledged action goes out again after a while', async () => {
  const world = await joined();
  world.socket.ask({ type: 'start' });
  for (let s = 0; s < RESEND_AFTER_MS / 1_000 + 1; s++) {
    await world.pass(1_000);
    world.line.hears({ type: 'beat', t: 1, now: T });
  }
  expect(world.line.types().filter((type) => type === 'start')).toHaveLength(2);
});

test('D1 End pressed without a line survives a reload and goes first', async () => {
  const world = new World();
  world.socket.ask({ type: 'say', text: 'wait' });
  world.socket.ask({ type: 'end' });
  const again = world.make();
  expect(again.outbox.waiting.map((frame) => frame.type)).toEqual(['end', 'say']);
});

test('a leave that was never sent is not sent by the next visit', () => {
  const world = new World();
  world.socket.ask({ type: 'leave' });
  world.socket.ask({ type: 'say', text: 'hello' });
  expect(world.make().outbox.waiting.map((frame) => frame.type)).toEqual(['say']);
});

test('the outbox is bounded, but End always has room', () => {
  let id = 0;
  const outbox = new Outbox(new FakeKeep(), 'outbox:x', () => `id-${++id}`);
  for (let i = 0; i < OUTBOX_MAX; i++) expect(outbox.add({ type: 'say', text: 'x' })).not.toBeNull();
  expect(outbox.add({ type: 'say', text: 'x' })).toBeNull();
  expect(outbox.add({ type: 'end' })).not.toBeNull();
  expect(outbox.waiting).toHaveLength(OUTBOX_MAX);
  expect(outbox.waiting[0]?.type).toBe('end');
});

test('another screen has the lesson: it asks, and takes over only after a yes', async () => {
  const world = new World();
  world.socket.start();
  await settle();
  world.line.opens();
  world.line.hears({ type: 'elsewhere' });
  expect(world.links).toEqual(['elsewhere']);
  await world.pass(60_000);
  expect(world.lines).toHaveLength(1);
  world.socket.start(true);
  await settle();
  world.line.opens();
  expect(world.line.sent[0]).toMatchObject({ type: 'join', take_over: true });
});

test.each([
  [4409, 'moved'],
  [4423, 'elsewhere'],
  [4410, 'refused: This lesson has ended.'],
  [4403, 'refused: You cannot join this lesson now.'],
])('close %i does not come back by itself', async (code, link) => {
  const world = await joined();
  world.line.closes(code);
  await world.pass(60_000);
  expect(world.links[world.links.length - 1]).toBe(link);
  expect(world.lines).toHaveLength(1);
});

test.each([4500, 4503, 4508, 4509, 4510, 4512, 4401, 4408, 1006, 1012])(
  'close %i comes back',
  async (code) => {
    const world = await joined();
    world.line.closes(code);
    await world.pass(1_000);
    expect(world.lines).toHaveLength(2);
  },
);

test('a ticket that is not taken is asked for once more, and then no more', async () => {
  const world = await joined();
  world.line.closes(4401);
  await world.pass(1_000);
  world.line.closes(4401);
  await world.pass(60_000);
  expect(world.lines).toHaveLength(2);
  expect(world.links[world.links.length - 1]).toBe('refused: The way in had expired. Join again.');
});

test('a refused ticket says why, and does not ask again', async () => {
  const world = new World();
  world.refuse = new Refusal(409, 'not_open', 'Opens at 4:15pm');
  world.socket.start();
  await settle();
  await world.pass(60_000);
  expect(world.links).toEqual(['refused: Opens at 4:15pm']);
});

test('a reload of a tab is the same device, another tab is another', () => {
  const keep = new FakeKeep();
  expect(deviceId(keep)).toBe(deviceId(keep));
  expect(deviceId(new FakeKeep())).not.toBe(deviceId(keep));
});
