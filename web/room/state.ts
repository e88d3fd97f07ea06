/** Frames → room state. Pure: what the server said, in the shape that pages draw from. */

import type {
  Closing,
  Happened,
  Held,
  LessonInfo,
  Message,
  Outcome,
  Peer,
  ServerFrame,
  Shown,
  Sound,
  StatusFrame,
  You,
} from '../wire/types';
import type { Sight } from './clock';

/** Messages kept on the page; the oldest go first. A lesson has some dozens. */
export const MESSAGES_MAX = 500;
/** Lines of the timeline kept on the page. */
export const TIMELINE_MAX = 500;

export interface ChatLine {
  id: string;
  side: string;
  author: string;
  text: string | null;
  at: number;
  kind: 'message' | 'held' | 'unsent';
  /** Of a held one, to the teacher: what it may contain. */
  reason: string;
  releasable: boolean;
}

/** One's own words on their way: shown at once, gone when the server has them. */
export interface Pending {
  action: string;
  text: string;
}

export type Link = 'joining' | 'open' | 'reconnecting' | 'elsewhere' | 'moved' | 'refused';
export type Trouble = 'blocked' | 'missing' | 'in_use';

/** What the page itself knows: its own devices, its own line. */
export interface Here {
  link: Link;
  /** Why the socket was refused for good: a sentence of the server's. */
  refusal: string;
  /** Its stable code. */
  refusalCode: string;
  camera: 'on' | 'off' | Trouble | 'ended' | 'asking';
  microphone: 'on' | 'off' | Trouble | 'ended' | 'asking';
  /** One's own camera is on, and what it sends is black, or does not move. */
  ownPicture: 'fine' | 'black' | 'frozen';
  /** One's own microphone is on, and nothing at all comes from it; or it is off, and somebody talks. */
  ownSound: 'fine' | 'silent' | 'muted';
  /** How one's own sound is sent. */
  sound: Sound;
  /** The other side's sound waits for a tap. */
  soundBlocked: boolean;
  /** Media of at least one peer flows (connected). */
  mediaFlows: boolean;
  /** When the control line was lost, by the server's clock; 0 while it is there. */
  lostAt: number;
  /** The person pressed End here; the server has not said so yet. */
  endPressed: boolean;
  /** The conduct warning that this side has acknowledged, on this page. */
  understood: string;
}

export const HERE: Here = {
  link: 'joining',
  refusal: '',
  refusalCode: '',
  camera: 'asking',
  microphone: 'asking',
  ownPicture: 'fine',
  ownSound: 'fine',
  sound: 'music',
  soundBlocked: false,
  mediaFlows: false,
  lostAt: 0,
  endPressed: false,
  understood: '',
};

/** The line is there, and what is known is of now. */
const OPEN = { link: 'open', lostAt: 0 } as const;

export interface RoomState {
  you: You | null;
  lesson: LessonInfo | null;
  sight: Sight | null;
  status: StatusFrame | null;
  peers: readonly Peer[];
  chat: readonly ChatLine[];
  timeline: readonly Happened[];
  closing: Closing | null;
  results: Readonly<Record<string, Outcome>>;
  halted: boolean;
  n: number;
  here: Here;
}

export const EMPTY: RoomState = {
  you: null,
  lesson: null,
  sight: null,
  status: null,
  peers: [],
  chat: [],
  timeline: [],
  closing: null,
  results: {},
  halted: false,
  n: 0,
  here: HERE,
};

/** What the server said, at the page's own monotonic time. */
export function reduce(state: RoomState, frame: ServerFrame, local: number): RoomState {
  switch (frame.type) {
    case 'welcome': {
      const kept = frame.resumed ? state : { ...EMPTY, halted: state.halted, here: state.here };
      // A status of before the line was lost says nothing of now: until the next one, what was shown stands.
      const here = kept.status === null ? { ...kept.here, ...OPEN } : kept.here;
      const sight = { server: frame.now, local };
      return { ...kept, you: frame.you, lesson: frame.lesson, sight, n: frame.cursor.n, here };
    }
    case 'event':
      return frame.n <= state.n ? state : show({ ...state, n: frame.n }, frame.event);
    case 'status':
      return {
        ...state,
        status: frame,
        sight: { server: frame.now, local },
        here: { ...state.here, ...OPEN },
      };
    case 'peers':
      return { ...state, peers: frame.peers };
    case 'halt':
      return { ...state, halted: true };
    case 'beat':
      return { ...state, sight: { server: frame.now, local } };
    case 'elsewhere':
      return here(state, { link: 'elsewhere' });
    default:
      // Acks, errors and signals are others' business; frames of a newer server are nobody's.
      return state;
  }
}

export function here(state: RoomState, change: Partial<Here>): RoomState {
  return { ...state, here: { ...state.here, ...change } };
}

function show(state: RoomState, event: Shown): RoomState {
  switch (event.shown) {
    case 'message':
      return { ...state, chat: withLine(state.chat, said(event)) };
    case 'held':
      return { ...state, chat: withLine(state.chat, heldLine(event)) };
    case 'unsent':
      return {
        ...state,
        chat: state.chat.map((line) =>
          line.id === event.message ? { ...line, kind: 'unsent' as const } : line,
        ),
      };
    case 'happened':
      return { ...state, timeline: [...state.timeline, event].slice(-TIMELINE_MAX) };
    case 'closing':
      return { ...state, closing: event, halted: true };
    case 'result':
      return { ...state, results: { ...state.results, [event.pupil]: event.outcome } };
    default:
      return state;
  }
}

function said(event: Message): ChatLine {
  const { message: id, side, author, text, at } = event;
  return { id, side, author, text, at, kind: 'message', reason: '', releasable: false };
}

function heldLine(event: Held): ChatLine {
  const { message: id, side, author, text, at, reason, releasable } = event;
  return { id, side, author, text, at, kind: 'held', reason, releasable };
}

/** A held message that is let through moves to where everybody else sees it: the end. */
function withLine(chat: readonly ChatLine[], line: ChatLine): ChatLine[] {
  return [...chat.filter((other) => other.id !== line.id), line].slice(-MESSAGES_MAX);
}

/** Whether the teacher has answered "Can you see the grown-up?" since the last check-in. */
export function adultAnswered(state: RoomState, pupil: string): boolean {
  for (let i = state.timeline.length - 1; i >= 0; i--) {
    const line = state.timeline[i];
    if (line === undefined || line.side !== pupil) continue;
    if (line.what === 'adult_in') return false;
    if (line.what === 'adult_seen') return true;
    if (line.what === 'adult_not_seen') return false;
  }
  return false;
}
