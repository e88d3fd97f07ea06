/**
 * What a person asked for and the server has not acknowledged: sent again with the same id until it is.
 * It lives in the tab's own storage, so that a reload in the middle loses nothing.
 */

import type { ActionFrame, Wish } from './types';

/** More than anybody asks for while a line is down; what comes after is refused, not forgotten. */
export const OUTBOX_MAX = 50;
/** An action that is not acknowledged by then goes out again. */
export const RESEND_AFTER_MS = 5_000;

export interface Keep {
  getItem(key: string): string | null;
  setItem(key: string, value: string): void;
  removeItem(key: string): void;
}

/** Meant for the visit in which they were asked for: a later one must not do them. */
const OF_THE_MOMENT: ReadonlySet<string> = new Set(['leave', 'cannot_see', 'start']);
/** What stops a lesson goes before what was said in it. */
const URGENT: ReadonlySet<string> = new Set(['end', 'flag']);

export class Outbox {
  #frames: ActionFrame[];
  #sentAt = new Map<string, number>();

  constructor(
    private readonly keep: Keep,
    private readonly key: string,
    private readonly newId: () => string,
  ) {
    this.#frames = read(keep, key);
  }

  get waiting(): readonly ActionFrame[] {
    return this.#frames;
  }

  /** Null where it is full. What ends a lesson always has room. */
  add(wish: Wish): ActionFrame | null {
    const urgent = URGENT.has(wish.type);
    if (this.#frames.length >= OUTBOX_MAX && !urgent) return null;
    const frame = { ...wish, action: this.newId() } as ActionFrame;
    this.#frames = urgent ? [frame, ...this.#frames].slice(0, OUTBOX_MAX) : [...this.#frames, frame];
    this.#write();
    return frame;
  }

  /** The server has it, or has refused it: either way it is answered. */
  answered(action: string): ActionFrame | null {
    const found = this.#frames.find((frame) => frame.action === action) ?? null;
    if (found === null) return null;
    this.#frames = this.#frames.filter((frame) => frame.action !== action);
    this.#sentAt.delete(action);
    this.#write();
    return found;
  }

  sent(action: string, now: number): void {
    this.#sentAt.set(action, now);
  }

  /** What has to go out (again) now. After a new socket that is everything. */
  due(now: number, all: boolean): ActionFrame[] {
    return this.#frames.filter(
      (frame) => all || now - (this.#sentAt.get(frame.action) ?? 0) >= RESEND_AFTER_MS,
    );
  }

  clear(): void {
    this.#frames = [];
    this.keep.removeItem(this.key);
  }

  #write(): void {
    if (this.#frames.length === 0) this.keep.removeItem(this.key);
    else this.keep.setItem(this.key, JSON.stringify(this.#frames));
  }
}

function read(keep: Keep, key: string): ActionFrame[] {
  const stored: unknown = JSON.parse(keep.getItem(key) ?? '[]');
  if (!Array.isArray(stored)) return [];
  return (stored as ActionFrame[]).filter((frame) => !OF_THE_MOMENT.has(frame.type)).slice(0, OUTBOX_MAX);
}
