/**
 * The line to one lesson: ticket, join, beat, cursor, resume, outbox. What a frame means is not its business.
 * All that touches the world comes in through `Ports`, so that a test plays it by hand.
 */

import { fromBytes, SUBPROTOCOL, toBytes } from './codec';
import { Refusal } from './http';
import { type Keep, Outbox } from './outbox';
import type { Ack, ActionFrame, ClientFrame, Cursor, Report, ServerFrame, Wish } from './types';

/** A line on which nothing came for this long is dead, whatever the socket says (a black hole stays "open"). */
export const SILENT_AFTER_MS = 6_000;
/** Of one attempt, ticket to welcome. */
export const ATTEMPT_MS = 10_000;
/** A report may come this much later than the last did; then a plain beat goes. More, and the server counts a gap. */
export const REPORT_LATE_MS = 250;
export const BACKOFF_FIRST_MS = 500;
export const BACKOFF_MAX_MS = 4_000;
/** A ticket that the server does not take: once is bad luck (it waited too long), twice is not. */
export const BAD_TICKETS_MAX = 2;
/** Messages of a socket that are not acknowledged by the network yet; more means that it is stuck. */
export const BUFFERED_MAX_BYTES = 256 * 1024;

export interface Line {
  binaryType: BinaryType;
  readonly bufferedAmount: number;
  onopen: ((event: Event) => unknown) | null;
  onmessage: ((event: MessageEvent) => unknown) | null;
  onclose: ((event: CloseEvent) => unknown) | null;
  send(data: Uint8Array<ArrayBuffer>): void;
  close(code?: number): void;
}

export interface Ports {
  open(subprotocol: string): Line;
  ticket(): Promise<string>;
  /** Calls back after some milliseconds; the answer cancels. */
  later(ms: number, call: () => void): () => void;
  /** Monotonic, ms. */
  now(): number;
  /** 0 to 1. */
  random(): number;
  newId(): string;
  keep: Keep;
}

export interface Listener {
  frame(frame: ServerFrame): void;
  link(
    link: 'open' | 'reconnecting' | 'elsewhere' | 'moved' | 'refused',
    refusal: string,
    code: string,
  ): void;
  answered(asked: ActionFrame, ack: Ack): void;
}

/** Close codes that mean "do not come back by yourself" (docs/protocol.md), and what they come to here. */
const FINAL: Record<number, { link: 'elsewhere' | 'moved' | 'refused'; text: string; code: string }> = {
  4400: { link: 'refused', text: 'This page does not speak our language. Reload it.', code: 'bad_frames' },
  4403: { link: 'refused', text: 'You cannot join this lesson now.', code: 'refused' },
  4409: { link: 'moved', text: '', code: 'taken_over' },
  4410: { link: 'refused', text: 'This lesson has ended.', code: 'over' },
  4423: { link: 'elsewhere', text: '', code: 'elsewhere' },
  4429: { link: 'refused', text: 'This page sent too much at once. Reload it.', code: 'too_fast' },
};

const NO_WAY_IN = {
  link: 'refused',
  text: 'The way in had expired. Join again.',
  code: 'bad_ticket',
} as const;

export class LessonSocket {
  readonly outbox: Outbox;
  #line: Line | null = null;
  #welcomed = false;
  #cursor: Cursor | null = null;
  #takeOver = false;
  #heardAt = 0;
  #beatMs = 1_000;
  #beatDue = 0;
  #failures = 0;
  #badTickets = 0;
  #stopped = false;
  #attempt = 0;
  #refusedText = '';
  #cancelBeat: (() => void) | null = null;
  #cancelRetry: (() => void) | null = null;

  constructor(
    place: string,
    private readonly device: string,
    private readonly ports: Ports,
    private readonly listener: Listener,
  ) {
    this.outbox = new Outbox(ports.keep, `outbox:${place}`, ports.newId);
  }

  start(takeOver = false): void {
    this.#stopped = false;
    this.#takeOver = takeOver;
    this.#failures = 0;
    void this.#connect();
  }

  stop(): void {
    this.#stopped = true;
    this.#drop();
    this.#cancelRetry?.();
  }

  get open(): boolean {
    return this.#welcomed;
  }

  /** Asks for something: at once if the line is up, else as soon as it is. Null where too much waits already. */
  ask(wish: Wish): ActionFrame | null {
    const frame = this.outbox.add(wish);
    if (frame !== null && this.#welcomed) this.#sendAction(frame);
    return frame;
  }

  /** Sends what is worth nothing later: signals. False where the line is down. */
  send(frame: ClientFrame): boolean {
    const line = this.#line;
    if (!this.#welcomed || line === null || line.bufferedAmount > BUFFERED_MAX_BYTES) return false;
    line.send(toBytes(frame));
    return true;
  }

  /** A report is a beat, too: while reports come, nothing else has to. False where the line is down. */
  report(report: Report): boolean {
    const line = this.#line;
    if (!this.#welcomed || line === null) return false;
    const now = this.ports.now();
    if (!this.#lives(now) || !this.send({ ...report, t: Math.floor(now) })) return false;
    this.#beatAt(line, now + this.#beatMs + REPORT_LATE_MS);
    this.#sendDue(now);
    return true;
  }

  /** The network is back, or somebody looks at the page again: do not wait for the backoff. */
  hurry(): void {
    if (this.#stopped || this.#line !== null || this.#cancelRetry === null) return;
    this.#cancelRetry();
    this.#cancelRetry = null;
    void this.#connect();
  }

  async #connect(): Promise<void> {
    const attempt = ++this.#attempt;
    let ticket: string;
    try {
      ticket = await this.ports.ticket();
    } catch (cause) {
      if (attempt !== this.#attempt || this.#stopped) return;
      if (cause instanceof Refusal && !cause.passing) this.#final('refused', cause.text, cause.code);
      else this.#retry();
      return;
    }
    if (attempt !== this.#attempt || this.#stopped) return;
    const line = this.ports.open(SUBPROTOCOL);
    line.binaryType = 'arraybuffer';
    this.#line = line;
    this.#heardAt = this.ports.now();
    line.onopen = () => this.#join(line, ticket);
    line.onmessage = (event) => this.#heard(line, event.data as ArrayBuffer);
    line.onclose = (event) => this.#closed(line, event.code);
    this.#beatAt(line, this.ports.now() + this.#beatMs);
  }

  #join(line: Line, ticket: string): void {
    const join: ClientFrame = { type: 'join', ticket, device: this.device, take_over: this.#takeOver };
    line.send(toBytes(this.#cursor === null ? join : { ...join, resume: this.#cursor }));
  }

  #heard(line: Line, bytes: ArrayBuffer): void {
    if (line !== this.#line) return;
    this.#heardAt = this.ports.now();
    const frame = fromBytes(bytes);
    switch (frame.type) {
      case 'welcome':
        this.#welcome(frame.cursor, frame.beat_ms);
        break;
      case 'event':
        if (this.#cursor !== null && frame.n > this.#cursor.n) this.#cursor = { ...this.#cursor, n: frame.n };
        break;
      case 'ack': {
        const asked = this.outbox.answered(frame.action);
        if (asked !== null) this.listener.answered(asked, frame);
        break;
      }
      case 'error':
        this.#refusedText = frame.text;
        break;
      case 'elsewhere':
        this.listener.frame(frame);
        this.#final('elsewhere', '', 'elsewhere');
        return;
    }
    this.listener.frame(frame);
    if (frame.type === 'welcome') {
      this.listener.link('open', '', '');
      for (const action of this.outbox.due(this.ports.now(), true)) this.#sendAction(action);
    }
  }

  #welcome(cursor: Cursor, beatMs: number): void {
    this.#welcomed = true;
    this.#cursor = cursor;
    this.#beatMs = beatMs;
    this.#failures = 0;
    this.#takeOver = false;
    this.#refusedText = '';
  }

  #closed(line: Line, code: number): void {
    if (line !== this.#line) return;
    this.#drop();
    if (this.#stopped) return;
    this.#badTickets = code === 4401 ? this.#badTickets + 1 : 0;
    const final = this.#badTickets >= BAD_TICKETS_MAX ? NO_WAY_IN : FINAL[code];
    if (final !== undefined) {
      this.#final(final.link, final.link === 'refused' ? this.#refusedText || final.text : '', final.code);
    }
    if (final === undefined) this.#retry();
  }

  #final(link: 'elsewhere' | 'moved' | 'refused', text: string, code: string): void {
    this.#stopped = true;
    this.#drop();
    this.listener.link(link, text, code);
  }

  #retry(): void {
    this.listener.link('reconnecting', '', '');
    const most = Math.min(BACKOFF_MAX_MS, BACKOFF_FIRST_MS * 2 ** Math.min(this.#failures, 10));
    this.#failures += 1;
    // Up to half more at random: many browsers that lost one server do not all come back at once.
    const wait = most * (1 + this.ports.random() / 2);
    this.#cancelRetry?.();
    this.#cancelRetry = this.ports.later(wait, () => {
      this.#cancelRetry = null;
      void this.#connect();
    });
  }

  #drop(): void {
    this.#attempt += 1;
    this.#welcomed = false;
    this.#cancelBeat?.();
    this.#cancelBeat = null;
    const line = this.#line;
    this.#line = null;
    line?.close();
  }

  #beatAt(line: Line, due: number): void {
    this.#cancelBeat?.();
    this.#beatDue = due;
    this.#cancelBeat = this.ports.later(Math.max(0, due - this.ports.now()), () => this.#beat(line));
  }

  /** No report went for a while (there is none, or the browser does not say): the server is to hear us all the same. */
  #beat(line: Line): void {
    if (line !== this.#line) return;
    const now = this.ports.now();
    if (!this.#lives(now)) return;
    if (this.#welcomed) {
      line.send(toBytes({ type: 'beat', t: Math.floor(now) }));
      this.#sendDue(now);
    }
    // Counted from when it was due: a hidden tab's timers wait for the next full second, and would miss every other.
    const from = now - this.#beatDue < this.#beatMs ? this.#beatDue : now;
    this.#beatAt(line, from + this.#beatMs);
  }

  /** Whether anything was heard lately; a line on which nothing was is given up. */
  #lives(now: number): boolean {
    if (now - this.#heardAt <= (this.#welcomed ? SILENT_AFTER_MS : ATTEMPT_MS)) return true;
    this.#drop();
    this.#retry();
    return false;
  }

  #sendDue(now: number): void {
    for (const action of this.outbox.due(now, false)) this.#sendAction(action);
  }

  #sendAction(frame: ActionFrame): void {
    this.outbox.sent(frame.action, this.ports.now());
    this.send(frame);
  }
}

/** The browser's own ports: the real socket, clock and storage. */
export function browserPorts(ticket: () => Promise<string>): Ports {
  const scheme = location.protocol === 'https:' ? 'wss' : 'ws';
  return {
    open: (subprotocol) => new WebSocket(`${scheme}://${location.host}/ws`, subprotocol),
    ticket,
    later: (ms, call) => {
      const timer = setTimeout(call, ms);
      return () => clearTimeout(timer);
    },
    now: () => performance.now(),
    random: () => Math.random(),
    newId: () => crypto.randomUUID(),
    keep: sessionStorage,
  };
}

/** Random, made once per tab: a reload is the same device. */
export function deviceId(keep: Keep): string {
  const stored = keep.getItem('device');
  if (stored !== null) return stored;
  const made = crypto.randomUUID();
  keep.setItem('device', made);
  return made;
}
