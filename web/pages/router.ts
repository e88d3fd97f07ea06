/** Which page: the path, without a library. */

import { signal } from '@preact/signals';

export const path = signal(location.pathname);

export function go(to: string): void {
  history.pushState(null, '', to);
  path.value = location.pathname;
  scrollTo(0, 0);
}

addEventListener('popstate', () => {
  path.value = location.pathname;
});

export type Route =
  | { page: 'in' | 'start' | 'cases' | 'unknown' }
  | { page: 'device-check' | 'check-in' | 'room' | 'watch' | 'after' | 'case'; id: string };

export function routeOf(pathname: string): Route {
  if (pathname === '/') return { page: 'start' };
  if (pathname === '/in') return { page: 'in' };
  if (pathname === '/cases') return { page: 'cases' };
  const found = /^\/(lessons|cases)\/([\w-]{1,64})(?:\/(device-check|check-in|watch|after))?$/.exec(pathname);
  const id = found?.[2];
  if (found === null || id === undefined) return { page: 'unknown' };
  if (found[1] === 'cases') return found[3] === undefined ? { page: 'case', id } : { page: 'unknown' };
  const page = (found[3] ?? 'room') as 'device-check' | 'check-in' | 'watch' | 'after' | 'room';
  return { page, id };
}

/** Whose side: named where a family has several pupils in one lesson, each with a device of their own. */
export function pupilIn(search: string): string | null {
  return new URLSearchParams(search).get('pupil');
}

/** A page of a lesson, for that pupil. */
export function lessonPath(
  id: string,
  page: '' | '/device-check' | '/check-in' | '/after',
  pupil: string | null,
): string {
  return `/lessons/${id}${page}${pupilQuery(pupil)}`;
}

export function pupilQuery(pupil: string | null): string {
  return pupil === null ? '' : `?${new URLSearchParams({ pupil })}`;
}
