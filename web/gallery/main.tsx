/** The gallery: `?room=NAME` draws a recorded room, `?page=/path&who=teacher` a page over recorded answers. Never shipped. */

import { signal } from '@preact/signals';
import { render } from 'preact';
import '../ui/styles';
import { present } from '../room/present';
import { known } from '../room/sides';
import type { ChatLine, Pending } from '../room/state';
import type { RoomPort } from '../ui/room_view';
import { answerFrom, ME } from './answers';
import { ROOMS, room } from './rooms';
import { scene } from './scene';

const asked = new URLSearchParams(location.search);
const root = document.getElementById('app');
if (root === null) throw new Error('no #app');
globalThis.fetch = answerFrom(asked.get('who') ?? 'teacher');

const CHAT: ChatLine[] = [
  {
    id: 'a',
    side: 'sam',
    author: 'Anna Meyer',
    text: 'Is it this page?',
    at: 0,
    kind: 'message',
    reason: '',
    releasable: false,
  },
  {
    id: 'b',
    side: 'teacher',
    author: 'Mrs Novakova',
    text: 'Yes, from bar 12. Take your time.',
    at: 0,
    kind: 'message',
    reason: '',
    releasable: false,
  },
];
const HELD: ChatLine = {
  id: 'c',
  side: 'sam',
  author: 'Anna Meyer',
  text: 'Ring me on 07700 900123',
  at: 0,
  kind: 'held',
  reason: 'a phone number',
  releasable: true,
};

async function drawRoom(name: string): Promise<void> {
  const recorded = ROOMS[name];
  if (recorded === undefined) throw new Error(`no room ${name}`);
  const { me } = await import('../pages/me');
  me.value =
    ME[recorded.role === 'teacher' ? 'teacher' : recorded.role === 'observer' ? 'manager' : 'family'];
  const state = signal({ ...room(recorded), chat: asked.has('held') ? [...CHAT, HELD] : CHAT });
  const flows = state.value.here.mediaFlows;
  const theirs = known(state.value)?.status.sides.find(
    (s) => s.side === (recorded.role === 'teacher' ? 'sam' : 'teacher'),
  );
  const visible = flows && theirs?.evidence === 'ready';
  const other = visible ? scene('#2d4a5e', '#d9b38c') : [];
  const own = scene('#4a3b5e', '#c99d7a');
  const port = {
    state,
    shown: signal(present(state.value, recorded.now)),
    pending: signal<readonly Pending[]>([]),
    notice: signal(''),
    draft: signal(''),
    mediaTurn: signal(0),
    soundTries: signal(0),
    media: {
      incoming: () => other,
      flows: () => visible,
      own: { tracks: { camera: own[0], microphone: null } },
      switch: () => undefined,
    },
    lesson: 'lesson-1',
    now: () => recorded.now,
  } as unknown as RoomPort;
  for (const name of [
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
    'playSound',
    'soundIs',
    'say',
  ] as const) {
    (port as unknown as Record<string, unknown>)[name] = () => undefined;
  }
  if (recorded.role === 'observer') {
    const { WatchView } = await import('../pages/watch');
    render(<WatchView session={port as never} />, root as HTMLElement);
    return;
  }
  const { RoomView } = await import('../ui/room_view');
  const { AfterInRoom } = await import('../pages/after');
  const { CheckInForm } = await import('../pages/check_in');
  const chat = asked.get('chat');
  render(
    <RoomView
      session={port}
      after={<AfterInRoom id="lesson-1" />}
      checkIn={(pupil, done) => (
        <CheckInForm lesson="lesson-1" teacher="Mrs Novakova" pupil={pupil} onDone={done} />
      )}
      go={() => undefined}
      {...(chat === null ? {} : { chatOpen: chat === '1' })}
    />,
    root as HTMLElement,
  );
}

async function drawPage(path: string): Promise<void> {
  history.replaceState(null, '', path);
  const { App } = await import('../pages/app');
  render(<App />, root as HTMLElement);
}

const name = asked.get('room');
const page = asked.get('page');
if (name !== null) void drawRoom(name);
else if (page !== null) void drawPage(page);
else {
  root.innerHTML = Object.keys(ROOMS)
    .map((key) => `<p><a href="?room=${key}">${key}</a></p>`)
    .join('');
}
