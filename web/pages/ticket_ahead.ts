/**
 * A ticket that is asked for as a pointer goes down on a lesson's link: the way in begins before the click is over.
 * Asking for one is no visit; a visit begins, and is put on record, when a socket joins with it (Q1).
 */

import { http } from '../wire/http';

/** A ticket lives 30 s, and the socket has to open in that time, too. */
export const KEPT_MS = 15_000;

interface Ahead {
  lesson: string;
  at: number;
  ticket: Promise<string>;
}

let ahead: Ahead | null = null;

export function askAhead(lesson: string, ask = http.ticket, now = performance.now()): void {
  if (ahead?.lesson === lesson && now - ahead.at < KEPT_MS) return;
  const ticket = ask(lesson, null).then((answer) => answer.ticket);
  // Whoever takes it hears of its failure; nobody may.
  ticket.catch(() => undefined);
  ahead = { lesson, at: now, ticket };
}

/** The one that was asked for lately, once: a ticket opens one socket. */
export function takeAhead(lesson: string, now = performance.now()): Promise<string> | null {
  const found = ahead;
  ahead = null;
  return found !== null && found.lesson === lesson && now - found.at < KEPT_MS ? found.ticket : null;
}
