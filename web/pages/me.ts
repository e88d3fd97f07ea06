/** Who is signed in. */

import { signal } from '@preact/signals';
import { http, type Me } from '../wire/http';
import { go } from './router';

export const me = signal<Me | null>(null);

export function zone(): string {
  return me.value?.service.time_zone ?? 'Europe/London';
}

export function signOut(): void {
  http.signOut().finally(() => {
    me.value = null;
    go('/');
  });
}
