/** Who is signed in. */

import { signal } from '@preact/signals';
import { http, type Me } from '../wire/http';
import { go } from './router';

export const me = signal<Me | null>(null);

/** Who watches lessons (A6); their start page is the live wall. */
export function watches(role: Me['role'] | undefined): role is 'manager' | 'administrator' {
  return role === 'manager' || role === 'administrator';
}

export function zone(): string {
  return me.value?.service.time_zone ?? 'Europe/London';
}

export function signOut(): void {
  http.signOut().finally(() => {
    me.value = null;
    go('/');
  });
}
