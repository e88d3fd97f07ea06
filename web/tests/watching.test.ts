import { expect, test } from 'vitest';
import { ROOMS, room } from '../gallery/rooms';
import { known } from '../room/sides';
import { type Look, pictureMissing, soundMissing } from '../room/watching';

const HERE: Look = { leg: 'open', picture: 'here', sound: 'here' };

function look(name: string, side: string, change: Partial<Look> = {}) {
  const recorded = ROOMS[name];
  const joined = recorded === undefined ? null : known(room(recorded));
  if (joined === null) throw new Error(`no room ${name}`);
  const seen = { ...HERE, ...change };
  return { picture: pictureMissing(joined, side, seen), sound: soundMissing(joined, side, seen) };
}

test('nothing is said where picture and sound come', () => {
  for (const side of ['teacher', 'sam']) expect(look('watch-live', side)).toEqual({ picture: '', sound: '' });
});

test.each<[string, string, Partial<Look>, string]>([
  // Ours first: what does not reach us is no side's trouble while our own way is not open.
  ['watch-live', 'sam', { leg: 'opening', picture: 'coming' }, 'Picture and sound are on their way.'],
  ['watch-live', 'sam', { picture: 'coming', sound: 'coming' }, 'Picture and sound are on their way.'],
  [
    'watch-live',
    'sam',
    { leg: 'again', picture: 'gone' },
    'We cannot show pictures now. We are trying again.',
  ],
  [
    'watch-live',
    'sam',
    { leg: 'none', picture: 'coming' },
    'We cannot show pictures now. Reload this page to try again.',
  ],
  ['watch-live', 'sam', { picture: 'gone' }, "Sam's picture is not reaching us yet."],
  ['watch-live', 'teacher', { picture: 'gone' }, "Mrs Novakova's picture is not reaching us yet."],
  [
    'watch-live',
    'sam',
    { picture: 'gone', sound: 'gone' },
    "Sam's picture and sound are not reaching us yet.",
  ],
  ['watch-camera', 'sam', {}, "Sam's camera is not on yet."],
  ['watch-clock', 'sam', {}, ''],
  ['watch-live', 'sam', { leg: 'closed', picture: 'coming' }, ''],
])('%s, %s, %o: %s', (name, side, change, words) => {
  expect(look(name, side, change).picture).toBe(words);
});

test('while our own line is lost no side is named: what is missing is ours', () => {
  for (const side of ['teacher', 'sam']) {
    expect(look('watch-reconnecting', side, { picture: 'gone', sound: 'gone' })).toEqual({
      picture: 'We cannot show pictures now. We are trying again.',
      sound: '',
    });
  }
});

test('a side that is away, or whose line is lost, is named so', () => {
  expect(look('watch-away', 'sam', { picture: 'gone' }).picture).toBe('Sam is not here yet.');
  expect(look('watch-lost', 'sam', { picture: 'gone' }).picture).toBe("Sam's connection has dropped.");
});

test('a sound that is missing beside a picture is said, once it is sure', () => {
  expect(look('watch-live', 'sam', { sound: 'gone' }).sound).toBe("Sam's sound is not reaching us yet.");
  expect(look('watch-live', 'sam', { sound: 'coming' }).sound).toBe('');
  expect(look('watch-live', 'sam', { sound: 'gone', picture: 'gone' }).sound).toBe('');
});
