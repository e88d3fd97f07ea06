/** The lesson room as it looks: header, status, stage, controls, panel, End. What it shows comes from a session. */

import { useComputed, useSignal } from '@preact/signals';
import { ChevronRight } from 'lucide-preact';
import type { ComponentChildren } from 'preact';
import { useEffect, useRef } from 'preact/hooks';
import type { RoomSession } from '../pages/room_session';
import { timeOfDay } from '../room/clock';
import { titleOf } from '../room/present';
import { type Act, isEnded, type StateKey } from '../room/presentation';
import { type Known, known, names } from '../room/sides';
import type { ChatLine } from '../room/state';
import { useTitle } from './basics';
import { authorOf, ChatPanel } from './chat';
import { Controls } from './controls';
import { EndButton, LeaveButton } from './end_button';
import { useRoomKeys, useSeenHeight } from './keys';
import { ObservedNotice } from './notice';
import { type Open, RoomDialog } from './room_dialogs';
import { Stage } from './stage';
import { Actions, StatusLine } from './status_line';

/** What the room needs of a session: a recorded one will do (the gallery). */
export type RoomPort = Pick<
  RoomSession,
  | 'state'
  | 'shown'
  | 'pending'
  | 'notice'
  | 'advice'
  | 'draft'
  | 'mediaTurn'
  | 'soundTries'
  | 'media'
  | 'lesson'
  | 'ask'
  | 'setDraft'
  | 'sayDraft'
  | 'end'
  | 'flag'
  | 'leave'
  | 'useHere'
  | 'cannotSee'
  | 'understood'
  | 'tryDevices'
  | 'chooseSound'
  | 'playSound'
  | 'soundIs'
  | 'say'
  | 'now'
>;

export interface CheckInPupil {
  id: string;
  adult_word: string;
  stays: boolean;
}

interface Props {
  session: RoomPort;
  after: ComponentChildren;
  checkIn: (pupil: CheckInPupil, done: (forgotten: boolean) => void) => ComponentChildren;
  go: (path: string) => void;
  /** Open from the start: at desktop width the panel is there. */
  chatOpen?: boolean;
}

/** States in which the lesson simply goes on: two lines of status are enough, the picture takes the rest. */
const CALM: ReadonlySet<StateKey> = new Set([
  'live',
  'time_over',
  'weak_theirs',
  'weak_yours',
  'reconnecting',
  'adult_asked_back',
]);
const WIDE = '(min-width: 1280px) and (min-height: 480px)';

export function RoomView({ session, after, checkIn, go, chatOpen }: Props) {
  const open = useSignal<Open | null>(null);
  const panel = useSignal(chatOpen ?? matchMedia(WIDE).matches);
  const seen = useSignal(0);
  const lastShown = useRef(0);
  const root = useRef<HTMLDivElement>(null);
  const state = session.state.value;
  const shown = session.shown.value;
  const room = useComputed(() => known(session.state.value)).value;
  const over = isEnded(shown.state);
  useTitle(titleOf(state, shown));
  useSeenHeight(root);

  const messages = state.chat.filter((line) => line.kind === 'message' || line.side !== state.you?.side);
  useEffect(() => {
    if (panel.value) seen.value = messages.length;
    lastShown.current = messages.length;
  }, [messages.length, panel.value]);

  const openPanel = () => {
    panel.value = true;
    requestAnimationFrame(() => document.getElementById('write')?.focus());
  };
  const closePanel = () => {
    panel.value = false;
    requestAnimationFrame(() => document.getElementById('chat-control')?.focus());
  };
  const togglePanel = () => (panel.value ? closePanel() : openPanel());
  const act = (what: Act) =>
    perform(what, session, room, { open: (next) => (open.value = next), openPanel, go });
  useRoomKeys({
    root,
    enabled: !over,
    togglePanel,
    closePanel: () => {
      if (panel.value && open.value === null) closePanel();
    },
    switchDevice: (kind) => session.media?.switch(kind),
    switchSound: () => void session.chooseSound(state.here.sound === 'music' ? 'talking' : 'music'),
  });
  const leave = async () => {
    await session.leave();
    go('/');
  };

  return (
    <div
      ref={root}
      class="room night"
      data-state={shown.state}
      data-calm={CALM.has(shown.state) || (shown.state === 'warning' && room?.you.role === 'teacher')}
      data-panel={panel.value && room !== null && !over}
      data-over={over}
    >
      <button type="button" class="skip" onClick={openPanel}>
        Skip to messages
      </button>
      <div class="bar" aria-hidden="true" />
      <Heading room={room} />
      <StatusLine shown={shown} notice={session.notice.value} advice={session.advice.value} act={act} />
      {over ? (
        <main class="afterwards day" tabIndex={0} aria-label="After the lesson">
          <p>Your camera and microphone are off.</p>
          {after}
        </main>
      ) : (
        <>
          <Stage session={session} room={room} />
          <Lower
            shown={shown}
            act={act}
            room={room}
            last={messages[messages.length - 1]}
            onOpen={openPanel}
          />
          <Controls
            camera={state.here.camera}
            microphone={state.here.microphone}
            sound={state.here.sound}
            chatOpen={panel.value}
            unread={panel.value ? 0 : Math.max(0, messages.length - seen.value)}
            onSwitch={(kind) => session.media?.switch(kind)}
            onSound={(sound) => void session.chooseSound(sound)}
            onChat={togglePanel}
            onMore={() => (open.value = { what: 'more' })}
          />
          <ObservedNotice />
          {panel.value && room !== null && (
            <ChatPanel
              room={room}
              pending={session.pending.value}
              draft={session.draft.value}
              notice=""
              onDraft={(text) => session.setDraft(text)}
              onSay={() => session.sayDraft()}
              onClose={closePanel}
              onFlag={(message) => session.flag(message)}
              onRelease={(message) => session.ask({ type: 'release', message })}
              onWithhold={(message) => session.ask({ type: 'withhold', message })}
            />
          )}
          {room !== null && (
            <section class="ending" id="ending" aria-label="End">
              {room.you.role === 'teacher' ? (
                <EndButton onEnd={() => session.end()} />
              ) : (
                <LeaveButton onLeave={() => void leave()} />
              )}
            </section>
          )}
          {open.value !== null && room !== null && (
            <RoomDialog
              open={open.value}
              room={room}
              session={session}
              checkIn={checkIn}
              onOpen={(next) => (open.value = next)}
              onClose={() => (open.value = null)}
              onLeave={() => void leave()}
            />
          )}
        </>
      )}
    </div>
  );
}

/** Longer than two lines beside End on a phone. */
const LONG_TITLE = 24;

function Heading({ room }: { room: Known | null }) {
  if (room === null)
    return (
      <header class="title">
        <h1>Lesson</h1>
      </header>
    );
  const { lesson } = room;
  const times = `${timeOfDay(lesson.starts_at, lesson.time_zone)} to ${timeOfDay(lesson.ends_at, lesson.time_zone)}`;
  const whom =
    room.you.role === 'teacher' ? names(lesson.pupils.map((p) => p.first_name)) : lesson.teacher_name;
  const title = `${lesson.subject} · ${whom}`;
  return (
    <header class="title" data-long={title.length > LONG_TITLE}>
      <h1>
        {title}
        <span class="times"> · {times}</span>
      </h1>
    </header>
  );
}

interface LowerProps {
  shown: RoomPort['shown']['value'];
  act: (act: Act) => void;
  room: Known | null;
  last: ChatLine | undefined;
  onOpen: () => void;
}

/** On phones, below the picture: the status line's buttons, else the last message; a tap opens the chat. */
function Lower({ shown, act, room, last, onOpen }: LowerProps) {
  const acting = shown.buttons.length > 0;
  return (
    <div class={acting ? 'lower acting' : 'lower'}>
      {acting && <Actions shown={shown} act={act} />}
      {!acting && last !== undefined && room !== null && (
        <button type="button" class="last" onClick={onOpen}>
          <span>
            {last.kind === 'message'
              ? `${authorOf(room, last)}: ${last.text ?? ''}`
              : 'A message is waiting for you.'}
          </span>
          <ChevronRight size={20} aria-hidden="true" />
        </button>
      )}
    </div>
  );
}

interface Ways {
  open: (open: Open) => void;
  openPanel: () => void;
  go: (path: string) => void;
}

/** What the buttons of the status line do. */
function perform(what: Act, session: RoomPort, room: Known | null, ways: Ways): void {
  switch (what.do) {
    case 'start':
      session.ask({ type: 'start' });
      return;
    case 'keep_waiting':
      session.ask({ type: 'keep_waiting' });
      return;
    case 'carry_on':
      session.ask({ type: 'carry_on', pupil: what.pupil });
      return;
    case 'adult_seen':
      session.ask({ type: 'adult_seen', pupil: what.pupil, seen: what.seen });
      return;
    case 'choose':
      session.ask({ type: 'decide', pupil: what.pupil, choose: what.choose });
      return;
    case 'explain':
      session.ask({ type: 'explain', because: what.because });
      return;
    case 'write':
      ways.openPanel();
      return;
    case 'help':
      ways.open({ what: 'help', topic: what.topic });
      return;
    case 'check_in':
      ways.open({ what: 'check_in', pupil: what.pupil });
      return;
    case 'ask_missed':
      ways.open({ what: 'missed' });
      return;
    case 'ask_decision':
      ways.open({ what: 'decide', pupil: what.pupil });
      return;
    case 'understood':
      session.understood(what.reason);
      return;
    case 'use_here':
      session.useHere();
      return;
    case 'devices':
      session.tryDevices();
      return;
    case 'choose_device':
      ways.open({ what: 'devices' });
      return;
    case 'sound':
      session.playSound();
      return;
    case 'go':
      ways.go(what.path);
      return;
    case 'note':
      document.getElementById('note')?.focus();
      if (document.getElementById('note') === null && room !== null)
        ways.go(`/lessons/${room.lesson.id}/after`);
      return;
  }
}
