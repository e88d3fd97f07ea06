/**
 * The gallery: `#room=NAME` draws a recorded room, `#check=NAME` a recorded device check, `#page=/path&who=teacher` a
 * page over recorded answers. Never shipped.
 * Another fragment draws another picture without a load; `window.draw(…)` does the same and resolves once it is drawn.
 */

import { signal } from '@preact/signals';
import { render } from 'preact';
import '../ui/styles';
import { AfterInRoom } from '../pages/after';
import { App } from '../pages/app';
import { CheckInForm } from '../pages/check_in';
import { CheckView, GetReady } from '../pages/device_check';
import { me } from '../pages/me';
import { path } from '../pages/router';
import { WatchView } from '../pages/watch';
import { present } from '../room/present';
import { known, TEACHER } from '../room/sides';
import type { ChatLine, Pending } from '../room/state';
import { type RoomPort, RoomView } from '../ui/room_view';
import type { SideStatus } from '../wire/types';
import { fill } from '../words';
import { answerFrom, ME } from './answers';
import { CHECKS, checkPort, PLUGGED } from './checks';
import { LONG, type Recorded, ROOMS, room } from './rooms';
import { scene } from './scene';

const root = document.getElementById('app') as HTMLElement;
const THEIRS = scene('#2d4a5e', '#d9b38c');
const OWN = scene('#4a3b5e', '#c99d7a');

const line = (
  id: string,
  side: string,
  author: string,
  text: string,
  more: Partial<ChatLine> = {},
): ChatLine => ({ id, side, author, text, at: 0, kind: 'message', reason: '', releasable: false, ...more });
const CHAT: ChatLine[] = [
  line('a', 'sam', 'Anna Meyer', 'Is it this page?'),
  line('b', 'teacher', 'Mrs Novakova', 'Yes, from bar 12. Take your time.'),
];
const HELD = line('c', 'sam', 'Anna Meyer', 'Ring me on 07700 900123', {
  kind: 'held',
  reason: 'a phone number',
  releasable: true,
});
const OWN_HELD = line('d', 'sam', 'Anna Meyer', 'Ring me on 07700 900123', { kind: 'held' });
const UNBROKEN = line('e', 'sam', 'Anna Meyer', `https://music.example/${'scales'.repeat(30)}`);

function chatOf(recorded: Recorded, asked: URLSearchParams): ChatLine[] {
  if (asked.has('silent')) return [];
  const chat = asked.has('long') ? [...CHAT, UNBROKEN, ...CHAT.map((l) => ({ ...l, id: `${l.id}2` }))] : CHAT;
  if (!asked.has('held')) return chat;
  return [...chat, recorded.role === 'pupil_side' ? OWN_HELD : HELD];
}

function portOf(recorded: Recorded, asked: URLSearchParams): RoomPort {
  const made = room(asked.has('long') ? { ...recorded, lesson: { ...recorded.lesson, ...LONG } } : recorded);
  const state = signal({ ...made, chat: chatOf(recorded, asked) });
  const sides = known(state.value)?.status.sides ?? [];
  const { here, halted } = state.value;
  const shows = (side: string) =>
    here.link !== 'elsewhere' &&
    here.link !== 'moved' &&
    !halted &&
    here.mediaFlows &&
    sides.find((s) => s.side === side)?.evidence === 'ready';
  const port = {
    state,
    shown: signal(present(state.value, recorded.now)),
    pending: signal<readonly Pending[]>([]),
    notice: signal(''),
    advice: signal(''),
    draft: signal(''),
    mediaTurn: signal(0),
    soundTries: signal(0),
    media: {
      incoming: (side: string) => (shows(side) ? THEIRS : []),
      flows: shows,
      own: {
        tracks: { camera: halted ? null : OWN[0], microphone: null },
        chosen: (kind: string) => `${kind}-1`,
        choose: async () => true,
      },
      switch: () => undefined,
    },
    lesson: 'lesson-1',
    now: () => recorded.now,
  } as unknown as RoomPort;
  const silent = [
    'ask',
    'setDraft',
    'sayDraft',
    'end',
    'flag',
    'leave',
    'useHere',
    'cannotSee',
    'understood',
    'tryDevices',
    'chooseSound',
    'playSound',
    'soundIs',
    'say',
  ] as const;
  for (const name of silent) (port as unknown as Record<string, unknown>)[name] = () => undefined;
  return port;
}

/** What an observer has of it: nothing where no leg is recorded, as without a relay. */
function watchingOf({ leg }: Recorded, sides: readonly SideStatus[]) {
  if (leg === undefined) return null;
  const here = (side: string) =>
    leg === 'open' && sides.some((s) => s.side === side && s.evidence === 'ready');
  const sight = (side: string) => (here(side) ? 'here' : leg === 'open' ? 'gone' : 'coming');
  const incoming = (side: string) => (here(side) ? (side === TEACHER ? OWN : THEIRS) : []);
  return { relay: true, state: leg, incoming, picture: sight, sound: sight };
}

function drawRoom(name: string, asked: URLSearchParams): void {
  const recorded = ROOMS[name];
  if (recorded === undefined) throw new Error(`no room ${name}`);
  const who = { teacher: 'teacher', pupil_side: 'family', observer: 'manager' } as const;
  globalThis.fetch = answerFrom(who[recorded.role], recorded);
  me.value = ME[who[recorded.role]];
  const port = portOf(recorded, asked);
  if (recorded.role === 'observer') {
    const watching = watchingOf(recorded, port.state.value.status?.sides ?? []);
    render(<WatchView session={{ ...port, watching }} />, root);
    return;
  }
  const chat = asked.get('chat');
  render(
    <RoomView
      session={port}
      after={<AfterInRoom id="lesson-1" pupil={null} />}
      checkIn={(pupil, done) => (
        <CheckInForm lesson="lesson-1" teacher="Mrs Novakova" pupil={pupil} onDone={done} />
      )}
      go={() => undefined}
      {...(chat === null ? {} : { chatOpen: chat === '1' })}
    />,
    root,
  );
}

/** Whom the lesson is with. */
const OTHER = { teacher: 'Sam', family: 'Mrs Novakova' };

function drawCheck(name: string, who: 'teacher' | 'family'): void {
  const recorded = CHECKS[name];
  if (recorded === undefined) throw new Error(`no check ${name}`);
  me.value = ME[who];
  const check = checkPort(recorded, OWN[0]);
  const other = OTHER[who];
  const nothing = () => undefined;
  render(
    recorded.ready ? (
      <GetReady check={check} other={other} onBack={nothing} onDone={nothing} />
    ) : (
      <CheckView check={check} other={other} byItself={false} onContinue={nothing} />
    ),
    root,
  );
}

function drawPage(to: string, asked: URLSearchParams): void {
  me.value = null;
  globalThis.fetch = answerFrom(asked.get('who') ?? 'teacher');
  path.value = to;
  render(<App />, root);
}

async function draw(what: string): Promise<void> {
  const asked = new URLSearchParams(what);
  render(null, root);
  const name = asked.get('room');
  const page = asked.get('page');
  const check = asked.get('check');
  if (name !== null) drawRoom(name, asked);
  else if (check !== null) drawCheck(check, asked.get('who') === 'teacher' ? 'teacher' : 'family');
  else if (page !== null) drawPage(page, asked);
  else {
    const links = Object.keys(ROOMS).map((key) => (
      <li key={key}>
        <a href={`#room=${key}`}>{key}</a>
      </li>
    ));
    render(<ul>{links}</ul>, root);
  }
  // Effects come after the next frame; what they ask for is answered and drawn by the one after.
  const turns = root.querySelector('.stage') === null ? 2 : 1;
  for (let turn = 0; turn < turns; turn++) {
    await new Promise((resolve) => setTimeout(resolve));
    await new Promise((resolve) => requestAnimationFrame(resolve));
  }
}

// The same devices on whichever machine draws it.
navigator.mediaDevices.enumerateDevices = async () => PLUGGED as MediaDeviceInfo[];

declare global {
  interface Window {
    draw: typeof draw;
    /** Each recorded device check, by name. */
    checks: string[];
    /** Each recorded room, with what its status line has to say. */
    rooms: { name: string; role: string; state: string; headline: string; second: string }[];
  }
}
window.draw = draw;
window.checks = Object.keys(CHECKS);
window.rooms = Object.entries(ROOMS).map(([name, recorded]) => {
  const { state, headline, second, clock } = present(room(recorded), recorded.now);
  const now = { 'm:ss': clock?.text ?? '' };
  return { name, role: recorded.role, state, headline: fill(headline, now), second: fill(second, now) };
});
addEventListener('hashchange', () => void draw(location.hash.slice(1)));
void draw(location.hash.slice(1));
