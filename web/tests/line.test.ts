import { expect, test, vi } from 'vitest';
import { lineOf } from '../media/check';
import { type LinePorts, measureLine, type Socket } from '../media/line_check';
import { linesOf, reportOf } from '../room/check_words';

const PLAN = {
  download_bytes: 512_000,
  upload_bytes_max: 256_000,
  ice_servers: [] as unknown[],
  relay: false,
};
const TURN = { urls: ['turn:turn.example'], username: '1:abc', credential: 'x' };

interface World {
  plan?: unknown;
  status?: number;
  offline?: boolean;
  /** Of the line, each way. */
  kbps?: number;
  socket?: 'echoes' | 'refuses' | 'busy' | 'silent' | 'once refused';
  candidates?: { type: string; relayProtocol: string }[];
  /** What becomes of a connection to the media relay; a number: the status of what was asked. */
  relay?: RTCPeerConnectionState | 'silent' | 'breaks' | number;
}

const ANSWER =
  'v=0\r\na=candidate:1 1 udp 2130706431 203.0.113.7 40000 typ host\r\na=candidate:2 1 udp 2130706430 2001:db8::7 40000 typ host\r\na=candidate:1 1 udp 2130706431 203.0.113.7 40000 typ host\r\n';

/** A line on a clock of its own: whatever is awaited moves it. */
function line(world: World) {
  let now = 0;
  const timers: { at: number; call: () => void }[] = [];
  const asked: string[] = [];
  const bodies: Uint8Array[] = [];
  const legs: unknown[] = [];
  const closed: unknown[] = [];
  const configurations: RTCConfiguration[] = [];
  const sections: [string, string][] = [];
  let sockets = 0;
  const pass = (ms: number) => {
    now += ms;
    for (const timer of timers.filter(({ at }) => at <= now)) {
      timers.splice(timers.indexOf(timer), 1);
      timer.call();
    }
  };
  const takes = (bytes: number) => (bytes * 8) / (world.kbps ?? 10_000);
  const ports: LinePorts = {
    now: () => now,
    later: (ms, call) => {
      const timer = { at: now + ms, call };
      timers.push(timer);
      return () => void timers.splice(timers.indexOf(timer), timers.includes(timer) ? 1 : 0);
    },
    fetch: async (path, init) => {
      asked.push(path);
      if (world.offline) throw new TypeError('no way');
      if (world.status && path !== '/api/connection-test')
        return new Response('{}', { status: world.status });
      const aborted = () => {
        if (init.signal?.aborted) throw new DOMException('', 'AbortError');
      };
      if (path === '/api/connection-test')
        return world.plan === undefined
          ? Response.json(PLAN)
          : world.plan === 429
            ? Response.json({}, { status: 429 })
            : Response.json(world.plan);
      if (path.endsWith('leg')) {
        legs.push(JSON.parse(String(init.body)));
        if (typeof world.relay === 'number') return Response.json({}, { status: world.relay });
        return Response.json({ sdp: ANSWER });
      }
      if (path.endsWith('upload')) {
        const body = init.body as Uint8Array;
        bodies.push(body);
        for (let sent = 0; sent < body.length; sent += 16_000) {
          pass(takes(16_000));
          aborted();
        }
        return new Response(null, { status: 204 });
      }
      let left = PLAN.download_bytes;
      const stream = new ReadableStream<Uint8Array>({
        pull: (controller) => {
          pass(takes(16_000));
          if (init.signal?.aborted) return controller.error(new DOMException('', 'AbortError'));
          left -= 16_000;
          controller.enqueue(new Uint8Array(16_000));
          if (left <= 0) controller.close();
        },
      });
      return new Response(stream);
    },
    socket: () => {
      sockets += 1;
      const how = world.socket ?? 'echoes';
      const socket: Socket = {
        onopen: null,
        onmessage: null,
        onclose: null,
        send: (data) =>
          queueMicrotask(() => {
            if (how === 'silent') return pass(10_000);
            pass(20);
            socket.onmessage?.({ data } as MessageEvent);
          }),
        close: () => undefined,
      };
      queueMicrotask(() => {
        const refuses = how === 'refuses' || (how === 'once refused' && sockets === 1);
        if (refuses) socket.onclose?.({ code: 1006 } as CloseEvent);
        else if (how === 'busy') socket.onclose?.({ code: 1013 } as CloseEvent);
        else socket.onopen?.({} as Event);
      });
      return socket;
    },
    connection: (configuration) => {
      configurations.push(configuration);
      const connection = {
        onicecandidate: null as ((event: { candidate: unknown }) => void) | null,
        closed: false,
        createDataChannel: () => undefined,
        setLocalDescription: async () => {
          for (const candidate of world.candidates ?? []) connection.onicecandidate?.({ candidate });
          connection.onicecandidate?.({ candidate: null });
        },
        // To the relay.
        onconnectionstatechange: null as (() => void) | null,
        connectionState: 'new' as RTCPeerConnectionState,
        addTransceiver: (kind: string, { direction }: { direction: string }) =>
          sections.push([kind, direction]),
        createOffer: async () => ({ type: 'offer', sdp: 'ours' }),
        setRemoteDescription: async ({ sdp }: { sdp: string }) => {
          if (world.relay === 'breaks' || sdp !== ANSWER) throw new DOMException('', 'InvalidAccessError');
          queueMicrotask(() => {
            if (world.relay === 'silent') return pass(10_000);
            connection.connectionState = world.relay as RTCPeerConnectionState;
            connection.onconnectionstatechange?.();
          });
        },
        close: () => {
          connection.closed = true;
          closed.push(connection);
        },
      };
      return connection as unknown as RTCPeerConnection;
    },
  };
  return { ports, asked, bodies, configurations, legs, closed, sections, sockets: () => sockets };
}

const measured = (world: World) => measureLine(line(world).ports, new AbortController().signal);

test('B4: a quick line is measured both ways, and no TURN server is asked where there is none', async () => {
  const world = line({ kbps: 10_000 });
  const facts = await measureLine(world.ports, new AbortController().signal);
  expect(facts).toMatchObject({ reached: true, socket: true, rttMs: 20, way: 'absent' });
  expect(facts.downKbps).toBeGreaterThan(9_500);
  expect(facts.downKbps).toBeLessThan(10_500);
  expect(facts.upKbps).toBeGreaterThan(9_500);
  expect(world.configurations).toEqual([]);
  expect(world.bodies.map((body) => body.length)).toEqual([64_000, 128_000, 256_000]);
});

test('what goes up is not made smaller by anybody on the way', async () => {
  const world = line({});
  await measureLine(world.ports, new AbortController().signal);
  for (const body of world.bodies) expect(new Set(body.subarray(-4_096)).size).toBe(256);
});

test.each([1_000, 300])('B4: a slow line of %d kbps is cut off, and still has its figures', async (kbps) => {
  const facts = await measured({ kbps });
  expect(facts.downKbps).toBeGreaterThan(kbps * 0.8);
  expect(facts.downKbps).toBeLessThan(kbps * 1.2);
  // Where not even the first piece got through in time, the figure is what it was at most.
  expect(facts.upKbps).toBeGreaterThan(kbps * 0.7);
  expect(facts.upKbps).toBeLessThan(Math.max(kbps * 1.3, 180));
});

test('B4: a line on which hardly anything comes is slow, not unmeasured', async () => {
  const facts = await measured({ kbps: 40 });
  expect(lineOf(facts)).toBe('slow');
  for (const kbps of [facts.downKbps, facts.upKbps]) expect(kbps).toBeLessThan(200);
});

test.each<[World['socket'], boolean | null]>([
  ['echoes', true],
  ['refuses', false],
  ['silent', false],
  ['busy', null],
  ['once refused', true],
])('a socket that %s is %s', async (socket, open) => {
  expect((await measured({ ...(socket ? { socket } : {}) })).socket).toBe(open);
});

test('no answer is no service; a refusal is no measure, and nobody’s trouble', async () => {
  expect((await measured({ offline: true })).reached).toBe(false);
  const refused = await measured({ plan: 429 });
  expect(refused).toMatchObject({ reached: true, socket: null, downKbps: null, upKbps: null });
  expect(await measured({ status: 503 })).toMatchObject({ socket: true, downKbps: null, upKbps: null });
});

test.each<[string, World['candidates']]>([
  ['udp', [{ type: 'relay', relayProtocol: 'udp' }]],
  [
    'udp',
    [
      { type: 'relay', relayProtocol: 'tcp' },
      { type: 'relay', relayProtocol: 'udp' },
    ],
  ],
  ['tcp', [{ type: 'relay', relayProtocol: 'tls' }]],
  ['none', []],
  ['none', [{ type: 'host', relayProtocol: '' }]],
])('a way through TURN: %s', async (way, candidates) => {
  const world = line({
    plan: { ...PLAN, ice_servers: [{ urls: ['stun:s'] }, TURN] },
    candidates: candidates ?? [],
  });
  const facts = await measureLine(world.ports, new AbortController().signal);
  expect(facts.way).toBe(way);
  // Relay only, and nobody asked but the TURN server.
  expect(world.configurations).toEqual([{ iceServers: [TURN], iceTransportPolicy: 'relay' }]);
});

test('STUN alone proves nothing: it is not asked', async () => {
  const world = line({
    plan: { ...PLAN, ice_servers: [{ urls: ['stun:s'], username: null, credential: null }] },
  });
  expect((await measureLine(world.ports, new AbortController().signal)).way).toBe('absent');
  expect(world.configurations).toEqual([]);
});

test.each<[World['relay'], string]>([
  ['connected', 'works'],
  ['failed', 'blocked'],
  ['silent', 'blocked'],
  ['breaks', 'unknown'],
  [503, 'unknown'],
])('B4: UDP to the media relay that is %s %s', async (relay, udp) => {
  const world = line({ plan: { ...PLAN, relay: true }, ...(relay === undefined ? {} : { relay }) });
  const facts = await measureLine(world.ports, new AbortController().signal);
  expect(facts.udp).toBe(udp);
  // A leg as a lesson's: it sends, and asks no other server for a way.
  expect([world.legs, world.sections]).toEqual([[{ sdp: 'ours' }], [['audio', 'sendonly']]]);
  expect(world.configurations).toEqual([{ bundlePolicy: 'max-bundle' }]);
  expect(world.closed).toHaveLength(1);
  const known = ['203.0.113.7, port 40000', '2001:db8::7, port 40000'];
  expect(facts.relayAt).toEqual(udp === 'unknown' ? [] : known);
  expect(facts.downKbps).not.toBeNull();
});

test('without a media relay nothing is asked of one', async () => {
  const world = line({});
  expect(await measureLine(world.ports, new AbortController().signal)).toMatchObject({
    udp: 'absent',
    relayAt: [],
  });
  expect(world.legs).toEqual([]);
});

test('who leaves the page is measured no further', async () => {
  const stop = new AbortController();
  const world = line({});
  const fetch = vi.fn(world.ports.fetch);
  const going = measureLine({ ...world.ports, fetch }, stop.signal);
  stop.abort();
  await going;
  expect(fetch.mock.calls.filter(([path]) => path.endsWith('upload'))).toEqual([]);
});

test('the report tells a technician what to open, and nobody who it was', () => {
  const facts = {
    reached: true,
    socket: false,
    rttMs: null,
    downKbps: 24_310,
    upKbps: null,
    way: 'tcp' as const,
    udp: 'blocked' as const,
    relayAt: ['203.0.113.7, port 40000'],
  };
  const rows = { camera: 'good', microphone: 'silent', speaker: 'unchecked', connection: 'blocked' } as const;
  const report = reportOf(facts, rows, 'https://lessons.example', 'A browser', new Date(0));
  for (const line of [
    'Microphone: Your microphone sends silence. Is it covered or switched off?',
    'Speaker: Not checked yet',
    'Down: 24.3 Mbps',
    'Up: Not known',
    'Chat and clocks: Blocked',
    'Picture and sound: Blocked',
    '- at least UDP to 203.0.113.7, port 40000',
    'Way around a filter: Works, with more delay',
    '- WebSockets to wss://lessons.example/ws and wss://lessons.example/ws/connection-test',
  ])
    expect(report.split('\n')).toContain(line);
  const there = linesOf({ ...facts, way: 'absent', udp: 'absent' }).map(([what]) => what);
  expect(there).toEqual(['Down', 'Up', 'Round trip', 'Chat and clocks']);
});
