/** The frame of every page but the room, and how a page waits, fails, or is not there. */

import { useSignal } from '@preact/signals';
import type { ComponentChildren } from 'preact';
import { useEffect, useRef } from 'preact/hooks';
import { Link, PressButton, useTitle } from '../ui/basics';
import { Refusal } from '../wire/http';
import { fill, MORE, NOT_FOUND, OUR_FAULT, OUR_FAULT_NO_NUMBER } from '../words';
import { me, signOut } from './me';

interface SiteProps {
  title: string;
  children: ComponentChildren;
  work?: boolean;
}

export function Site({ title, children, work = false }: SiteProps) {
  const who = me.value;
  const service = who?.service.name ?? 'Lesson room';
  useTitle(`${title} – ${service}`);
  return (
    <div class="site">
      <header>
        <div>
          <Link to="/" class="service">
            {service}
          </Link>
          {who && (
            <span class="row">
              <span>{who.name}</span>
              <PressButton look="quiet" onPress={signOut}>
                Sign out
              </PressButton>
            </span>
          )}
        </div>
      </header>
      <main class={work ? 'work' : ''}>{children}</main>
      <footer>{who?.service.phone ? `Help: ring the office on ${who.service.phone}` : service}</footer>
    </div>
  );
}

export function NotFound() {
  return (
    <Site title="Not found">
      <h1>{NOT_FOUND}</h1>
      <Link to="/" look="primary">
        Home
      </Link>
    </Site>
  );
}

export function ourFault(): string {
  const number = me.value?.service.phone;
  return number ? fill(OUR_FAULT, { number }) : OUR_FAULT_NO_NUMBER;
}

export function OurFault({ again }: { again: () => void }) {
  return (
    <Site title="Problem">
      <h1>There is a problem</h1>
      <p>{ourFault()}</p>
      <PressButton look="primary" onPress={again}>
        Try again
      </PressButton>
    </Site>
  );
}

export function SignedOut() {
  return (
    <Site title="Sign in">
      <h1>Sign in</h1>
      <p>Open the sign-in link that we sent you. Each link works once.</p>
    </Site>
  );
}

export function Waiting({ title }: { title: string }) {
  return (
    <Site title={title}>
      <h1>{title}</h1>
      <p role="status">Loading…</p>
    </Site>
  );
}

interface LoadedProps<T> {
  title: string;
  load: () => Promise<T>;
  /** Asked again this often, in ms; null: once. */
  every?: number | null;
  /** Part of another page: no frame of its own around waiting and failing. */
  bare?: boolean;
  children: (value: T, again: () => void) => ComponentChildren;
}

/** A page over something from the server: it waits, shows it, or says what is wrong and what to do. */
export function Loaded<T>({ title, load, every = null, bare = false, children }: LoadedProps<T>) {
  const value = useSignal<{ value: T } | null>(null);
  const failed = useSignal<unknown>(null);
  const live = useRef(true);
  const ask = () => {
    load().then(
      (loaded) => {
        if (!live.current) return;
        value.value = { value: loaded };
        failed.value = null;
      },
      (error: unknown) => {
        if (live.current) failed.value = error;
      },
    );
  };
  // Asked when the page opens, and every so often.
  useEffect(() => {
    live.current = true;
    ask();
    const timer = every === null ? undefined : setInterval(ask, every);
    return () => {
      live.current = false;
      clearInterval(timer);
    };
  }, [title]);
  const error = failed.value;
  // What is already on the page stays readable while the server is away.
  if (error !== null && (value.value === null || !(error instanceof Refusal && error.passing))) {
    if (bare)
      return <p role="alert">{error instanceof Refusal && !error.passing ? error.text : ourFault()}</p>;
    if (error instanceof Refusal && error.status === 401) return <SignedOut />;
    if (error instanceof Refusal && (error.status === 404 || error.status === 403)) return <NotFound />;
    return <OurFault again={ask} />;
  }
  if (value.value === null && bare) return <p role="status">{MORE.adding_up}</p>;
  if (value.value === null) return <Waiting title={title} />;
  return <>{children(value.value.value, ask)}</>;
}
