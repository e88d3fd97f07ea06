/** What the real server side said (tests/wire/transcripts), replayed: the client takes all of it, and has words for it. */

import { readdirSync, readFileSync } from 'node:fs';
import { encode } from '@msgpack/msgpack';
import { expect, test } from 'vitest';
import { present } from '../room/present';
import { EMPTY, type RoomState, reduce } from '../room/state';
import { fromBytes } from '../wire/codec';
import type { ServerFrame } from '../wire/types';

const FOLDER = new URL('../../tests/wire/transcripts/', import.meta.url);
const NAMES = readdirSync(FOLDER).filter((name) => name.endsWith('.jsonl'));

interface Line {
  at: number;
  client: string;
  receive?: ServerFrame;
}

test('there are transcripts', () => expect(NAMES.length).toBeGreaterThan(5));

test.each(NAMES)('%s is understood', (name) => {
  const lines = readFileSync(new URL(name, FOLDER), 'utf8')
    .trim()
    .split('\n')
    .map((line) => JSON.parse(line) as Line);
  const rooms = new Map<string, RoomState>();
  for (const { at, client, receive } of lines) {
    if (receive === undefined) continue;
    const bytes = encode(receive);
    const frame = fromBytes(
      bytes.buffer.slice(bytes.byteOffset, bytes.byteOffset + bytes.byteLength) as ArrayBuffer,
    );
    expect(frame).toEqual(receive);
    const before = rooms.get(client) ?? EMPTY;
    const after = reduce(before, frame, at);
    if (frame.type === 'event') {
      expect(after.n, `${client} counts densely`).toBe(before.n + 1);
      expect(after, `${frame.event.shown} is shown`).not.toBe(before);
    }
    rooms.set(client, after);
    const shown = present(after, at);
    expect(`${shown.headline} ${shown.second}`).not.toMatch(/\{[a-z]+\}|undefined|NaN/);
  }
});
