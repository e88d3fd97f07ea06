/** `/lessons/ID`: the lesson room. */

import { useEffect, useMemo } from 'preact/hooks';
import { supported } from '../media/media';
import { RoomView } from '../ui/room_view';
import { AfterInRoom } from './after';
import { CheckInForm } from './check_in';
import { RoomSession } from './room_session';
import { go, lessonPath, pupilQuery } from './router';
import { Unsupported } from './unsupported';

interface RoomProps {
  id: string;
  /** Whose side, of a family with several pupils in it. */
  pupil: string | null;
}

export function RoomPage({ id, pupil }: RoomProps) {
  return supported() ? <Room key={`${id}/${pupil}`} id={id} pupil={pupil} /> : <Unsupported />;
}

function Room({ id, pupil }: RoomProps) {
  const session = useMemo(() => new RoomSession(id, false, pupil), [id, pupil]);
  useEffect(() => {
    session.start();
    return () => session.dispose();
  }, [session]);
  const over = session.state.value.here.refusalCode === 'over' && session.state.value.closing === null;
  useEffect(() => {
    // Nothing is open here any more: what is left is what it came to.
    if (over) go(lessonPath(id, '/after', pupil));
  }, [over, id, pupil]);
  return (
    <RoomView
      session={session}
      after={<AfterInRoom id={id} pupil={pupil} />}
      checkIn={(whom, done) => (
        <CheckInForm
          lesson={id}
          teacher={session.state.value.lesson?.teacher_name ?? ''}
          pupil={whom}
          onDone={done}
        />
      )}
      go={(to) => go(to.startsWith(`/lessons/${id}`) ? `${to}${pupilQuery(pupil)}` : to)}
    />
  );
}
