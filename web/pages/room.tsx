/** `/lessons/ID`: the lesson room. */

import { useSignal } from '@preact/signals';
import { useEffect, useMemo } from 'preact/hooks';
import { supported } from '../media/media';
import { PressButton, useTitle } from '../ui/basics';
import { RoomView } from '../ui/room_view';
import { BUTTONS, ROOM } from '../words';
import { AfterInRoom } from './after';
import { CheckInForm } from './check_in';
import { RoomSession } from './room_session';
import { go } from './router';
import { Site } from './site';

export function RoomPage({ id }: { id: string }) {
  return supported() ? <Room key={id} id={id} /> : <Unsupported />;
}

function Room({ id }: { id: string }) {
  const session = useMemo(() => new RoomSession(id, false), [id]);
  useEffect(() => {
    session.start();
    return () => session.dispose();
  }, [session]);
  const over = session.state.value.here.refusalCode === 'over' && session.state.value.closing === null;
  useEffect(() => {
    // Nothing is open here any more: what is left is what it came to.
    if (over) go(`/lessons/${id}/after`);
  }, [over, id]);
  return (
    <RoomView
      session={session}
      after={<AfterInRoom id={id} />}
      checkIn={(pupil, done) => (
        <CheckInForm
          lesson={id}
          teacher={session.state.value.lesson?.teacher_name ?? ''}
          pupil={pupil}
          onDone={done}
        />
      )}
      go={go}
    />
  );
}

function Unsupported() {
  const copied = useSignal(false);
  useTitle(ROOM.unsupported.both);
  const copy = async () => {
    await navigator.clipboard.writeText(location.href);
    copied.value = true;
  };
  return (
    <Site title="Not supported">
      <h1>{ROOM.unsupported.both}</h1>
      <p>{ROOM.unsupported.second}</p>
      <div class="row">
        {navigator.clipboard && (
          <PressButton look="primary" onPress={() => void copy()}>
            {BUTTONS.copy_link}
          </PressButton>
        )}
        <span role="status">{copied.value ? 'The link is copied.' : ''}</span>
      </div>
    </Site>
  );
}
