import { describe, expect, test } from 'vitest';
import {
  allGood,
  CHECK_PICTURE,
  CHECK_SILENT_MS,
  FIRST_FRAME_MS,
  inTrouble,
  kbps,
  LESSON_PICTURE,
  type LineFacts,
  lightOf,
  lineOf,
  loudnessOf,
  MutedWatch,
  median,
  NEEDED_KBPS,
  notProven,
  PictureWatch,
  peakOf,
  SILENT_PEAK,
  SoundWatch,
  STEPS,
  stepOf,
  TALKS_AGAIN_MS,
  TALKS_MS,
  UNCHECKED,
} from '../media/check';

const BRIGHT = { brightest: 200, print: 1 };
const pixel = (r: number, g: number, b: number) => [r, g, b, 255];

/** Looks ten times a second, from `from` to `to`; what the last look came to. */
function looks(watch: PictureWatch, from: number, to: number, see: (now: number) => [number, number]) {
  let state = watch.see(null, 0, from);
  for (let now = from + 100; now <= to; now += 100) {
    const [brightest, frames] = see(now);
    state = watch.see({ brightest, print: brightest === 200 ? frames : 7 }, frames, now);
  }
  return state;
}

describe('pictures', () => {
  test('a look tells the brightest point, and whether anything changed', () => {
    const dark = new Uint8ClampedArray([...pixel(0, 0, 0), ...pixel(3, 2, 4)]);
    expect(lightOf(dark).brightest).toBeLessThan(4);
    expect(lightOf(new Uint8ClampedArray(pixel(255, 255, 255))).brightest).toBe(255);
    const moved = new Uint8ClampedArray([...pixel(0, 0, 0), ...pixel(3, 2, 5)]);
    expect(lightOf(moved).print).not.toBe(lightOf(dark).print);
  });

  test('a picture is good only once frames have come', () => {
    const watch = new PictureWatch(CHECK_PICTURE);
    expect(watch.see(null, 0, 0)).toBe('waiting');
    expect(watch.see(BRIGHT, 1, 100)).toBe('waiting');
    expect(watch.see({ ...BRIGHT, print: 2 }, 2, 200)).toBe('fine');
  });

  test('a camera that gives no picture at all does not move', () => {
    const watch = new PictureWatch(CHECK_PICTURE);
    let state = watch.see(null, 0, 0);
    for (let now = 0; now < FIRST_FRAME_MS; now += 500) state = watch.see(null, 0, now);
    expect(state).toBe('waiting');
    expect(watch.see(null, 0, FIRST_FRAME_MS)).toBe('frozen');
  });

  test.each([CHECK_PICTURE, LESSON_PICTURE])(
    'black is named after its time, and is over at once',
    (limits) => {
      const watch = new PictureWatch(limits);
      const frame = (now: number): [number, number] => [8, now / 100];
      expect(looks(watch, 0, limits.blackMs, frame)).toBe('fine');
      expect(looks(watch, limits.blackMs, limits.blackMs + 200, frame)).toBe('black');
      expect(watch.see(BRIGHT, 900, limits.blackMs + 300)).toBe('fine');
    },
  );

  test.each([CHECK_PICTURE, LESSON_PICTURE])('no new frame is named after its time', (limits) => {
    const watch = new PictureWatch(limits);
    expect(looks(watch, 0, 1_000, (now) => [200, now / 100])).toBe('fine');
    expect(looks(watch, 1_000, 900 + limits.stalledMs, () => [200, 10])).toBe('fine');
    expect(looks(watch, 900 + limits.stalledMs, 1_000 + limits.stalledMs, () => [200, 10])).toBe('frozen');
  });

  test('frames with the same pixels are named too, later', () => {
    const watch = new PictureWatch(LESSON_PICTURE);
    let state = 'waiting';
    for (let now = 0; now <= LESSON_PICTURE.stillMs; now += 100) {
      state = watch.see(BRIGHT, now / 100 + 1, now);
      if (now === LESSON_PICTURE.stalledMs) expect(state).toBe('fine');
    }
    expect(state).toBe('frozen');
  });

  test('time in which nobody looked says nothing', () => {
    const watch = new PictureWatch(LESSON_PICTURE);
    expect(looks(watch, 0, 1_000, (now) => [200, now / 100])).toBe('fine');
    // The tab was hidden for a minute; its first look finds the old frame.
    expect(watch.see({ brightest: 200, print: 10 }, 10, 61_000)).toBe('fine');
  });
});

describe('sound', () => {
  test('the meter has ten steps, silence is none, and the tenth is where sound is cut', () => {
    expect([0, SILENT_PEAK, SILENT_PEAK * 1.01, 0.01, 0.1, 0.5, 0.89, 1].map(stepOf)).toEqual([
      0, 0, 0, 3, 6, 9, 9, 10,
    ]);
    expect([0, 1, 4, 5, 9, STEPS].map(loudnessOf)).toEqual([
      'silent',
      'quiet',
      'quiet',
      'good',
      'good',
      'loud',
    ]);
    expect(peakOf(new Float32Array([0.1, -0.4, 0.2]))).toBeCloseTo(0.4);
  });

  test('every step is louder than the one before', () => {
    let before = 0;
    for (let db = -90; db <= 0; db += 0.5) {
      const step = stepOf(10 ** (db / 20));
      expect(step).toBeGreaterThanOrEqual(before);
      before = step;
    }
    expect(before).toBe(STEPS);
  });

  test('a peak is held for a second', () => {
    const watch = new SoundWatch(CHECK_SILENT_MS);
    watch.hear(0.5, 0);
    watch.hear(0.01, 500);
    expect(watch.level).toEqual({ step: 3, held: 9, loudness: 'good' });
    watch.hear(0.01, 1_000);
    expect(watch.level).toEqual({ step: 3, held: 3, loudness: 'quiet' });
  });

  test('a quiet room is no silence; a switched-off microphone is, after its time', () => {
    const quiet = new SoundWatch(CHECK_SILENT_MS);
    const off = new SoundWatch(CHECK_SILENT_MS);
    for (let now = 0; now <= 10 * CHECK_SILENT_MS; now += 100) {
      expect(quiet.hear(SILENT_PEAK * 2, now)).toBe('fine');
      expect(off.hear(0, now)).toBe(now < CHECK_SILENT_MS ? 'waiting' : 'silent');
    }
    expect(off.hear(0.2, 40_000)).toBe('fine');
  });

  test('a note proves a microphone, a knock does not', () => {
    const watch = new SoundWatch(CHECK_SILENT_MS);
    watch.hear(0.3, 0);
    expect(watch.noted).toBe(false);
    watch.hear(0.3, 100);
    watch.hear(0.3, 200);
    expect(watch.noted).toBe(true);
  });

  test('a microphone that was heard has longer: whoever listens may send nothing', () => {
    const watch = new SoundWatch(1_000, 5_000);
    expect(watch.hear(0.2, 0)).toBe('fine');
    watch.hear(0, 100);
    expect(watch.hear(0, 5_000)).toBe('fine');
    expect(watch.hear(0, 5_100)).toBe('silent');
  });

  test('while nothing can be heard no silence adds up', () => {
    const watch = new SoundWatch(CHECK_SILENT_MS);
    watch.hear(0, 0);
    watch.pause();
    expect(watch.hear(0, CHECK_SILENT_MS)).toBe('waiting');
  });
});

describe('a voice at a microphone that is off', () => {
  const LOUD = 0.3;
  /** A look a second; the seconds in which it was said. */
  const said = (peaks: readonly number[]) => {
    const watch = new MutedWatch();
    return peaks.flatMap((peak, second) => (watch.hear(peak, second * 1_000) ? [second] : []));
  };
  const run = (count: number, peak: number) => Array<number>(count).fill(peak);

  test('three seconds of four are talking; a cough, a door or a quiet room are not', () => {
    expect(said([LOUD, 0, LOUD, LOUD])).toEqual([3]);
    expect(said([LOUD, LOUD, 0, 0, LOUD, 0, 0, LOUD])).toEqual([]);
    expect(said(run(200, 0.01))).toEqual([]);
  });

  test('it goes when it is quiet, and is not said again for a minute', () => {
    const talking = [...run(4, LOUD), ...run(8, 0), ...run(100, LOUD)];
    const seconds = said(talking);
    expect(seconds.slice(0, 5)).toEqual([2, 3, 4, 5, 6]);
    const quietAt = 7;
    expect(seconds[5]).toBe(quietAt + TALKS_AGAIN_MS / 1_000);
  });

  test('who plays along, off on purpose, reads it for ten seconds and then has a minute’s peace', () => {
    const seconds = said(run(TALKS_AGAIN_MS / 1_000 + 15, LOUD));
    expect(seconds).toEqual([...Array.from({ length: TALKS_MS / 1_000 }, (_, i) => 2 + i), ...[72, 73, 74]]);
  });
});

describe('the line', () => {
  const GOOD: LineFacts = {
    reached: true,
    socket: true,
    rttMs: 40,
    downKbps: NEEDED_KBPS,
    upKbps: NEEDED_KBPS,
    way: 'absent',
    udp: 'absent',
    relayAt: [],
  };
  test.each<[string, Partial<LineFacts>]>([
    ['good', {}],
    ['good', { way: 'udp' }],
    ['good', { way: 'tcp' }],
    ['slow', { downKbps: NEEDED_KBPS - 1 }],
    ['slow', { upKbps: NEEDED_KBPS - 1 }],
    ['slow', { upKbps: null, downKbps: 10 }],
    ['slow', { rttMs: 1_001 }],
    ['blocked', { socket: false }],
    ['blocked', { way: 'none' }],
    ['blocked', { udp: 'blocked' }],
    ['blocked', { udp: 'blocked', way: 'none' }],
    ['blocked', { udp: 'unknown', way: 'none' }],
    // One way that was found is enough.
    ['good', { udp: 'works', way: 'none' }],
    ['good', { udp: 'blocked', way: 'tcp' }],
    ['good', { udp: 'unknown' }],
    ['blocked', { socket: false, downKbps: 10 }],
    ['unmeasured', { upKbps: null }],
    ['unmeasured', { downKbps: null }],
    ['unmeasured', { socket: null, rttMs: null }],
    ['unreachable', { reached: false }],
  ])('B4 is %s with %o', (state, change) => {
    expect(lineOf({ ...GOOD, ...change })).toBe(state);
  });

  test('speed is bits a millisecond; one hitch is no slow line', () => {
    expect(kbps(250_000, 1_000)).toBe(2_000);
    expect(kbps(1, 0)).toBe(8);
    expect(median([10, 12, 900, 11, 13])).toBe(12);
    expect(median([])).toBeNull();
  });
});

test('what is not proven is neither good nor trouble', () => {
  expect(notProven(UNCHECKED)).toEqual(['camera', 'microphone', 'speaker', 'connection']);
  const rows = { camera: 'black', microphone: 'good', speaker: 'asking', connection: 'unmeasured' } as const;
  expect(inTrouble(rows)).toEqual(['camera']);
  expect(notProven(rows)).toEqual(['speaker', 'connection']);
  expect(allGood(rows)).toBe(false);
  expect(allGood({ camera: 'good', microphone: 'good', speaker: 'good', connection: 'good' })).toBe(true);
});
