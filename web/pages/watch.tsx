/** `/lessons/ID/watch`: what a people manager sees. No message box, camera or microphone exists here (Q1). */

import { useSignal } from '@preact/signals';
import { useEffect, useLayoutEffect, useMemo } from 'preact/hooks';
import { titleOf } from '../room/present';
import { isEnded } from '../room/presentation';
import { type Known, known, sideName, sideStatus, TEACHER } from '../room/sides';
import type { ChatLine } from '../room/state';
import { Dialog, Link, PressButton, useTitle } from '../ui/basics';
import { authorOf } from '../ui/chat';
import { StatusLine } from '../ui/status_line';
import { Timeline } from '../ui/timeline';
import { type WatchingPort, WatchPictures } from '../ui/watch_pictures';
import { MORE } from '../words';
import { zone } from './me';
import { RoomSession } from './room_session';
import { go } from './router';
import { Site } from './site';

export function WatchPage({ id }: { id: string }) {
  const session = useMemo(() => new RoomSession(id, true), [id]);
  // Before the page is painted: what is watched begins with the click.
  useLayoutEffect(() => {
    session.start();
    return () => session.dispose();
  }, [session]);
  return <WatchView session={session} />;
}

type Watched = Pick<RoomSession, 'state' | 'shown' | 'notice' | 'end' | 'useHere' | 'mediaTurn'> & {
  watching: (WatchingPort & { relay: boolean }) | null;
};

export function WatchView({ session }: { session: Watched }) {
  const asking = useSignal(false);
  const state = session.state.value;
  const shown = session.shown.value;
  const room = known(state);
  const over = isEnded(shown.state);
  // Read for its change: tracks come and go outside of signals.
  const turn = session.mediaTurn.value;
  const { watching } = session;
  const act = (what: { do: string; path?: string }) => {
    if (what.do === 'go' && what.path !== undefined) go(what.path);
    if (what.do === 'use_here') session.useHere();
  };
  return (
    <Site title="Watch" work>
      <Title title={titleOf(state, shown)} />
      <h1>{state.lesson === null ? 'Lesson' : `${state.lesson.subject} · ${state.lesson.teacher_name}`}</h1>
      <p>{MORE.watch_notice}</p>
      <StatusLine shown={over ? { ...shown, buttons: [] } : shown} notice={session.notice.value} act={act} />
      <div class="row">
        <Link to="/" look="primary">
          Leave
        </Link>
        {!over && room?.status.can.includes('end') && (
          <PressButton onPress={() => (asking.value = true)}>End for safety</PressButton>
        )}
      </div>
      {room !== null && !room.halted && watching?.relay && (
        <WatchPictures room={room} watching={watching} turn={turn} />
      )}
      {room !== null && <Watched room={room} />}
      {asking.value && (
        <Dialog title={MORE.watch_end} onClose={() => (asking.value = false)}>
          <div class="row">
            <PressButton
              look="stop"
              onPress={() => {
                asking.value = false;
                session.end();
              }}
            >
              End this lesson
            </PressButton>
            <PressButton onPress={() => (asking.value = false)}>Keep watching</PressButton>
          </div>
        </Dialog>
      )}
    </Site>
  );
}

/** Drawn inside the site's frame, so that its title is the last word. */
function Title({ title }: { title: string }) {
  useTitle(title);
  useEffect(() => {
    document.title = title;
  });
  return null;
}

function Watched({ room }: { room: Known }) {
  return (
    <div class="watch">
      <section class="stack" aria-labelledby="here">
        <h2 id="here">Who is there</h2>
        <Presence room={room} />
        <h2 id="what">What happened</h2>
        <Timeline rows={room.timeline} names={room.lesson} zone={zone()} />
      </section>
      <section class="stack" aria-labelledby="chat">
        <h2 id="chat">Chat</h2>
        {room.chat.length === 0 ? (
          <p>No messages yet.</p>
        ) : (
          <ul class="chatlog messages" tabIndex={0} aria-labelledby="chat">
            {room.chat.map((line) => (
              <li key={line.id}>
                <span class="by">{authorOf(room, line)}</span>
                <span class="text">{said(line)}</span>
              </li>
            ))}
          </ul>
        )}
      </section>
    </div>
  );
}

function said(line: ChatLine): string {
  if (line.kind === 'held') return `A message is held: it may contain ${line.reason}.`;
  if (line.kind === 'unsent') return 'A held message was not sent.';
  return line.text ?? 'This message is no longer kept.';
}

const EVIDENCE = { ready: 'ready', lost: 'not ready', unknown: 'not known' } as const;

function Presence({ room }: { room: Known }) {
  const sides = [TEACHER, ...room.lesson.pupils.map((pupil) => pupil.id)];
  return (
    <dl class="facts">
      {sides.map((side) => {
        const status = sideStatus(room.status, side);
        const part = room.status.parts.find((p) => p.pupil === side);
        const words = [status?.here ? 'here' : 'not here', status ? EVIDENCE[status.evidence] : 'not known'];
        if (room.status.weak.includes(side)) words.push('weak connection');
        if (part?.adult_name) words.push(`with ${part.adult_name}`);
        return (
          <>
            <dt key={side}>{sideName(room.lesson, side)}</dt>
            <dd>{words.join(', ')}</dd>
          </>
        );
      })}
    </dl>
  );
}
