import { expect, test, vi } from 'vitest';
import { room } from '../gallery/rooms';
import type { Media } from '../media/media';
import { FIRST_USE_MS, RoomSound } from '../pages/room_sound';
import { known, TEACHER } from '../room/sides';
import { soundOf, type Told, toObey } from '../room/sound';
import type { Sound, StatusFrame, You } from '../wire/types';
import { SOUND } from '../words';

const NOW = 1_800_000_000_000;
const you = (role: You['role']): You => ({
  role,
  side: role === 'teacher' ? TEACHER : 'sam',
  name: '',
  epoch: 1,
});

function status(sounds: Told[] = [], phase: 'before' | 'live' = 'live'): StatusFrame {
  const made = known(room({ role: 'teacher', now: NOW, part: { phase }, status: { sounds } }))?.status;
  if (made === undefined) throw new Error('no status');
  return made;
}

const teacher = (sound: Sound, turn: number): Told => ({ side: TEACHER, sound, turn });

/** One page: a reload is another over the same `keep`. */
function page(keep = new Map<string, string>(), works = true, told = true) {
  const asked: Sound[] = [];
  const said: [string, number | undefined][] = [];
  const own = {
    sound: 'music' as Sound,
    useSound: async (sound: Sound) => {
      asked.push(sound);
      if (works) own.sound = sound;
      return works;
    },
  };
  const media = { own, stopped: false, soundTurn: 0 };
  const remembered = { musicTold: told };
  const changed = vi.fn();
  const sound = new RoomSound({
    media: () => media as unknown as Media,
    // A page's clock runs between two milliseconds; the wire takes whole ones.
    now: () => NOW + 0.25,
    say: (text) => void said.push([text, undefined]),
    advise: (text, ms) => void said.push([text, ms]),
    changed,
    remembered,
    keep: { getItem: (key) => keep.get(key) ?? null, setItem: (key, value) => void keep.set(key, value) },
    key: 'sound:lesson-1',
  });
  return { sound, media, own, asked, said, changed, keep, remembered };
}

test('T1 each side is as its page last said, and unknown before that', () => {
  const told = status([teacher('music', 0), { side: 'sam', sound: 'talking', turn: 0 }]);
  expect([soundOf(told, TEACHER), soundOf(told, 'sam'), soundOf(told, 'kit')]).toEqual([
    'music',
    'talking',
    null,
  ]);
  expect(toObey(told, 0)).toBeNull();
});

test('T1 a teacher’s press sets the pupil’s side once; what is chosen there afterwards stands', async () => {
  const { sound, own, asked, changed } = page();
  sound.hear(status([teacher('talking', 7)]), you('pupil_side'));
  await vi.waitFor(() => expect(changed).toHaveBeenCalledTimes(1));
  expect(own.sound).toBe('talking');
  await sound.choose('music', you('pupil_side'));
  sound.hear(status([teacher('talking', 7)]), you('pupil_side'));
  expect(asked).toEqual(['talking', 'music']);
  // Pressed again, in the same way: it is another press.
  sound.hear(status([teacher('talking', 8)]), you('pupil_side'));
  expect(asked).toEqual(['talking', 'music', 'talking']);
});

test('T1 a reload obeys no press a second time, and one that it has not seen', () => {
  const keep = new Map<string, string>();
  page(keep).sound.hear(status([teacher('talking', 7)]), you('pupil_side'));
  const again = page(keep);
  again.sound.hear(status([teacher('talking', 7)]), you('pupil_side'));
  expect(again.asked).toEqual([]);
  again.sound.hear(status([teacher('music', 9)]), you('pupil_side'));
  expect(again.asked).toEqual(['music']);
});

test('T1 the teacher’s page names its press, never twice the same, and says it again after a reload', async () => {
  const { sound, media, keep } = page();
  await sound.choose('music', you('teacher'));
  expect(media.soundTurn).toBe(NOW);
  await sound.choose('music', you('teacher'));
  expect(media.soundTurn).toBe(NOW + 1);
  const reloaded = page(keep);
  reloaded.sound.welcomed(you('teacher'));
  expect(reloaded.media.soundTurn).toBe(NOW + 1);
  // The teacher's own page obeys nobody.
  reloaded.sound.hear(status([teacher('talking', 5)]), you('teacher'));
  expect(reloaded.asked).toEqual([]);
});

test('a pupil side’s press is its own', async () => {
  const { sound, media, changed } = page();
  await sound.choose('talking', you('pupil_side'));
  expect([media.soundTurn, changed.mock.calls.length]).toEqual([0, 1]);
});

test('a microphone that cannot be had so is said, and nobody else is set', async () => {
  const { sound, media, said, changed } = page(undefined, false);
  await sound.choose('talking', you('teacher'));
  expect(said.map(([text]) => text)).toEqual(['We cannot use that microphone. Is another program using it?']);
  expect([media.soundTurn, changed.mock.calls.length]).toEqual([0, 0]);
});

test('what music is stands once on a device: before a lesson, or at one’s own press, and never by itself in one', async () => {
  const { sound, said, remembered } = page(undefined, true, false);
  sound.hear(status([], 'live'), you('pupil_side'));
  expect(said).toEqual([]);
  sound.hear(status([], 'before'), you('pupil_side'));
  sound.hear(status([], 'before'), you('pupil_side'));
  expect(said).toEqual([[SOUND.first_use, FIRST_USE_MS]]);
  expect(remembered.musicTold).toBe(true);
  const late = page(undefined, true, false);
  await late.sound.choose('talking', you('pupil_side'));
  expect(late.said).toEqual([]);
  await late.sound.choose('music', you('pupil_side'));
  expect(late.said).toEqual([[SOUND.first_use, FIRST_USE_MS]]);
});

test('after the end nothing is switched', async () => {
  const { sound, media, asked } = page();
  media.stopped = true;
  await sound.choose('talking', you('teacher'));
  sound.hear(status([teacher('talking', 7)]), you('pupil_side'));
  expect(asked).toEqual([]);
});
