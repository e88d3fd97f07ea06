/** Which page is shown, to whom. */

import { useEffect } from 'preact/hooks';
import { http } from '../wire/http';
import { AfterPage } from './after';
import { CasePage } from './case';
import { CasesPage } from './cases';
import { CheckInPage } from './check_in';
import { DeviceCheckPage } from './device_check';
import { me, watches } from './me';
import { RoomPage } from './room';
import { path, pupilIn, routeOf } from './router';
import { SignInPage } from './sign_in';
import { Loaded, NotFound } from './site';
import { StartPage } from './start';
import { WallPage } from './wall';
import { WatchPage } from './watch';

export function App() {
  const route = routeOf(path.value);
  if (route.page === 'in') return <SignInPage />;
  if (route.page === 'unknown') return <NotFound />;
  return (
    <Loaded title="Lessons" load={async () => (me.value = await http.me())}>
      {() => <Signed key={path.value} />}
    </Loaded>
  );
}

function Signed() {
  const route = routeOf(path.value);
  const pupil = pupilIn(location.search);
  useEffect(() => {
    document.querySelector('h1')?.setAttribute('tabindex', '-1');
  });
  if (me.value === null)
    return (
      <Loaded title="Sign in" load={async () => (me.value = await http.me())}>
        {() => null}
      </Loaded>
    );
  switch (route.page) {
    case 'start':
      if (me.value.role === 'safeguarding') return <CasesPage />;
      if (watches(me.value.role)) return <WallPage />;
      return <StartPage role={me.value.role} />;
    case 'cases':
      return <CasesPage />;
    case 'case':
      return <CasePage id={route.id} />;
    case 'check-in':
      return <CheckInPage id={route.id} pupil={pupil} />;
    case 'device-check':
      return <DeviceCheckPage id={route.id} pupil={pupil} role={me.value.role} />;
    case 'room':
      return <RoomPage id={route.id} pupil={pupil} />;
    case 'watch':
      return <WatchPage id={route.id} />;
    case 'after':
      return <AfterPage id={route.id} pupil={pupil} />;
    default:
      return <NotFound />;
  }
}
