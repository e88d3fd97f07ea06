/** The JSON side of the server (docs/http.md). */

import type { AdultState, Because, Choice, Happened, Outcome } from './types';

export interface Me {
  name: string;
  role: 'teacher' | 'family' | 'manager' | 'safeguarding' | 'administrator';
  service: { name: string; phone: string; time_zone: string };
  now: number;
}

export interface CardPupil {
  id: string;
  first_name: string;
  adult_word: string;
  adult: 'not_needed' | 'checks_in' | 'stays';
  adult_state: AdultState;
}

export interface Card {
  id: string;
  kind: string;
  subject: string;
  teacher_name: string;
  pupils: CardPupil[];
  starts_at: number;
  ends_at: number;
  opens_at: number;
  state: 'early' | 'open' | 'ended';
  confirmed: boolean;
  needs: ('explain' | 'decide')[];
}

export interface TimelineRow {
  at: number;
  what: Happened['what'] | 'ended';
  side: string | null;
  detail: string;
}

export interface After {
  card: Card;
  results: { pupil: string; outcome: Outcome }[];
  settled: boolean;
  timeline: TimelineRow[];
  asks_why: boolean;
  /** Behaviour or dress can still be said. */
  may_explain: boolean;
  /** Removed pupils whose outcome waits for the reason. */
  asks_why_of: string[];
  decisions: { pupil: string; owed_carry_over: number }[];
  now: number;
}

export interface CaseRow {
  id: string;
  number: number | string;
  kind: string;
  urgent: boolean;
  opened_at: number;
  opened_by_you: boolean;
  delivered: boolean;
}

export interface CaseLine {
  at: number;
  author: string;
  side: string;
  text: string;
  state: string;
  /** Where the words are that caught the reviewer: [from, to) in code points. */
  spans: [number, number][];
  /** This message opened the case. */
  cause: boolean;
}

export interface Case {
  id: string;
  number: number | string;
  kind: string;
  opened_at: number;
  lesson: Card;
  people: { name: string; role: string; side: string | null }[];
  why: { ruling: string; category: string; reason: string; reviewer: string };
  transcript: CaseLine[];
  timeline: TimelineRow[];
  /** The teacher's, written afterwards. */
  notes: { at: number; name: string; text: string }[];
  delivered: boolean;
  /** The evidence is byte for byte what was frozen. */
  unchanged: boolean;
}

export type Standing = 'fine' | 'weak' | 'here' | 'lost' | 'unknown' | 'ours';

/** One live lesson on the wall, as it stood at `at`. */
export interface WallTile {
  id: string;
  teacher_name: string;
  subject: string;
  kind: string;
  starts_at: number;
  ends_at: number;
  at: number;
  platform_up: boolean;
  /** One for each pupil, in the order of the booking. */
  parts: {
    phase: 'before' | 'starting' | 'settling' | 'live' | 'interrupted' | 'over';
    clock: 'teacher' | 'pupil' | 'nobody' | 'lost' | null;
    clock_ms: number;
    limit_ms: number;
    paused: boolean;
    decides: boolean;
  }[];
  /** The teacher's, then the pupils'. A band says from when a side stood how. */
  sides: { teacher: boolean; band: [number, Standing][] }[];
}

export interface Wall {
  tiles: WallTile[];
  next: { at: number; lessons: number } | null;
  now: number;
}

/** Any answer that is not 2xx; `status` 0 where none came. */
export class Refusal extends Error {
  constructor(
    readonly status: number,
    readonly code: string,
    readonly text: string,
  ) {
    super(`${status} ${code}`);
  }

  /** Asking again may help: no answer, or our own trouble. */
  get passing(): boolean {
    return this.status === 0 || this.status >= 500;
  }
}

async function request<T>(
  method: 'GET' | 'POST',
  path: string,
  body?: unknown,
  signal?: AbortSignal,
): Promise<T> {
  const init: RequestInit = { method, credentials: 'same-origin', headers: { accept: 'application/json' } };
  if (signal !== undefined) init.signal = signal;
  if (body !== undefined) {
    init.body = JSON.stringify(body);
    init.headers = { accept: 'application/json', 'content-type': 'application/json' };
  }
  const answer = await fetch(path, init).catch((cause: unknown) => {
    throw new Refusal(0, 'no_answer', `No answer: ${String(cause)}`);
  });
  if (answer.ok) return (answer.status === 204 ? null : await answer.json()) as T;
  const problem = (await answer.json().catch(() => ({ code: 'failed', text: '' }))) as {
    code: string;
    text: string;
  };
  throw new Refusal(answer.status, problem.code, problem.text);
}

export interface CheckIn {
  action: string;
  pupil: string;
  name: string;
  /** Null: forgotten; the teacher confirms by sight. */
  pin: string | null;
}

const lesson = (id: string) => `/api/lessons/${encodeURIComponent(id)}`;

export const http = {
  signIn: (token: string) => request<Me>('POST', '/api/sign-in', { token }),
  signOut: () => request<null>('POST', '/api/sign-out', {}),
  me: () => request<Me>('GET', '/api/me'),
  lessons: () => request<{ lessons: Card[]; now: number }>('GET', '/api/lessons'),
  wall: (signal: AbortSignal) => request<Wall>('GET', '/api/wall', undefined, signal),
  after: (id: string, pupil: string | null = null) =>
    request<After>('GET', pupil === null ? lesson(id) : `${lesson(id)}?pupil=${encodeURIComponent(pupil)}`),
  /** `pupil`: whose side, of a family with several in the lesson. */
  ticket: (id: string, pupil: string | null = null) =>
    request<{ ticket: string }>('POST', `${lesson(id)}/ticket`, { pupil }),
  checkIn: (id: string, body: CheckIn) =>
    request<{ adult: AdultState }>('POST', `${lesson(id)}/check-in`, body),
  explain: (id: string, body: { action: string; because: Because; pupil: string | null }) =>
    request<After>('POST', `${lesson(id)}/explain`, body),
  decide: (id: string, body: { action: string; choose: Choice; pupil: string }) =>
    request<After>('POST', `${lesson(id)}/decide`, body),
  note: (id: string, body: { action: string; text: string }) =>
    request<null>('POST', `${lesson(id)}/note`, body),
  cases: () => request<{ cases: CaseRow[]; now: number }>('GET', '/api/cases'),
  case: (id: string) => request<Case>('GET', `/api/cases/${encodeURIComponent(id)}`),
};
