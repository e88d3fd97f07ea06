import { expect, test, vi } from 'vitest';
import { OwnDevices } from '../media/devices';
import { type Keep, Remembered } from '../media/remembered';
import { SPEAKER_UNPLUGGED, unplugged } from '../room/device_words';

class FakeTrack {
  enabled = true;
  stopped = false;
  onended: (() => void) | null = null;
  constructor(
    readonly kind: string,
    readonly deviceId: string,
    readonly label: string,
  ) {}
  stop() {
    this.stopped = true;
  }
  getSettings() {
    return { deviceId: this.deviceId };
  }
}

const named = (name: string) => Object.assign(new Error(name), { name });
const idle = () => new Promise((resolve) => setTimeout(resolve));

/** A machine with these devices; `one` at a time, where it is a phone. */
function machine(devices: Record<'video' | 'audio', string[]>, oneAtATime = false) {
  const tracks: FakeTrack[] = [];
  const asked: MediaStreamConstraints[] = [];
  const open = (kind: 'video' | 'audio', want: boolean | MediaTrackConstraints | undefined) => {
    if (!want) return null;
    const { exact, ideal } = (typeof want === 'object' ? (want.deviceId ?? {}) : {}) as {
      exact?: string;
      ideal?: string;
    };
    const there = devices[kind];
    const id = exact ?? (ideal !== undefined && there.includes(ideal) ? ideal : there[0]);
    if (id === undefined) throw named('NotFoundError');
    if (!there.includes(id)) throw named('OverconstrainedError');
    if (oneAtATime && tracks.some((track) => track.kind === kind && !track.stopped))
      throw named('NotReadableError');
    return new FakeTrack(kind, id, `the ${id}`);
  };
  const capture = {
    getUserMedia: async (want: MediaStreamConstraints) => {
      asked.push(want);
      const made = [open('video', want.video), open('audio', want.audio)].filter((track) => track !== null);
      tracks.push(...made);
      return { getTracks: () => made } as unknown as MediaStream;
    },
  };
  return { capture, tracks, asked, devices };
}

function kept(from: Record<string, string> = {}): Keep & { held: Record<string, string> } {
  return {
    held: from,
    getItem: (key) => from[key] ?? null,
    setItem: (key, value) => {
      from[key] = value;
    },
  };
}

test('the device of last time is used where it is there, and another where it is not', async () => {
  const memory = new Remembered(kept());
  memory.set('camera', 'second');
  memory.set('microphone', 'gone');
  const { capture } = machine({ video: ['first', 'second'], audio: ['only'] });
  const own = new OwnDevices(capture, () => undefined, memory);
  await own.acquire();
  expect([own.chosen('camera'), own.chosen('microphone')]).toEqual(['second', 'only']);
});

test('another camera takes over: the one before stops, muting stays, and it is remembered', async () => {
  const memory = new Remembered(kept());
  const { capture, tracks } = machine({ video: ['first', 'second'], audio: ['only'] });
  const own = new OwnDevices(capture, () => undefined, memory);
  await own.acquire();
  own.switch('camera');
  expect(await own.choose('camera', 'second')).toBe(true);
  expect(tracks.filter((track) => !track.stopped).map((track) => track.deviceId)).toEqual(['only', 'second']);
  expect(own.tracks.camera?.enabled).toBe(false);
  expect(own.state('camera')).toBe('off');
  expect(memory.get('camera')).toBe('second');
});

test('a camera that cannot be opened changes nothing', async () => {
  const memory = new Remembered(kept());
  const { capture, tracks } = machine({ video: ['first'], audio: ['only'] });
  const own = new OwnDevices(capture, () => undefined, memory);
  await own.acquire();
  expect(await own.choose('camera', 'gone')).toBe(false);
  expect(own.chosen('camera')).toBe('first');
  expect(tracks.every((track) => !track.stopped)).toBe(true);
  expect(memory.get('camera')).toBe('');
});

test('where only one camera opens at a time, the first closes before the second opens', async () => {
  const { capture, tracks } = machine({ video: ['front', 'back'], audio: ['only'] }, true);
  const own = new OwnDevices(capture, () => undefined);
  await own.acquire();
  expect(await own.choose('camera', 'back')).toBe(true);
  expect(tracks.filter((track) => !track.stopped).map((track) => track.deviceId)).toEqual(['only', 'back']);
});

test('an unplugged microphone is replaced by another, and it is said', async () => {
  const said = vi.fn();
  const { capture, tracks, devices } = machine({ video: ['cam'], audio: ['headset', 'built-in'] });
  const own = new OwnDevices(capture, () => undefined, undefined, said);
  await own.acquire();
  devices.audio.shift();
  const gone = tracks.find((track) => track.kind === 'audio');
  gone?.onended?.();
  expect(own.state('microphone')).toBe('ended');
  await idle();
  expect(own.state('microphone')).toBe('on');
  expect(own.chosen('microphone')).toBe('built-in');
  expect(said.mock.calls).toEqual([['microphone', 'the headset', 'the built-in']]);
});

test('with no other to take over nothing is said but what is wrong', async () => {
  const said = vi.fn();
  const { capture, tracks, devices } = machine({ video: ['cam'], audio: ['only'] });
  const own = new OwnDevices(capture, () => undefined, undefined, said);
  await own.acquire();
  devices.video.shift();
  tracks.find((track) => track.kind === 'video')?.onended?.();
  await idle();
  expect(own.state('camera')).toBe('missing');
  expect(said).not.toHaveBeenCalled();
});

test('after the end no device comes back', async () => {
  const { capture, tracks, asked } = machine({ video: ['cam'], audio: ['only'] });
  const own = new OwnDevices(capture, () => undefined);
  await own.acquire();
  own.stop();
  expect(await own.choose('camera', 'cam')).toBe(false);
  for (const track of tracks) track.onended?.();
  await idle();
  expect(asked).toHaveLength(1);
  expect(tracks.every((track) => track.stopped)).toBe(true);
});

test('a device is known once camera and microphone are named and a note was heard on this speaker', () => {
  const memory = new Remembered(kept());
  expect(memory.known).toBe(false);
  memory.set('camera', 'c');
  memory.set('microphone', 'm');
  expect(memory.known).toBe(false);
  memory.heardIs(true);
  expect(memory.known).toBe(true);
  // On another speaker nothing was heard yet.
  memory.set('speaker', 's');
  expect(memory.known).toBe(false);
  memory.heardIs(true);
  expect(memory.known).toBe(true);
  memory.heardIs(false);
  expect(memory.known).toBe(false);
});

test.each(['not json', '[]', 'null', '{"camera": 7, "heard": {}}', `{"camera": "${'x'.repeat(300)}"}`])(
  'what is kept may be anything: %s',
  (text) => {
    const memory = new Remembered(kept({ devices: text }));
    expect([memory.get('camera'), memory.known]).toEqual(['', false]);
    memory.set('camera', 'c');
    expect(memory.get('camera')).toBe('c');
  },
);

test('storage that throws is no trouble', () => {
  const forbidden = () => {
    throw new Error('SecurityError');
  };
  const memory = new Remembered({ getItem: forbidden, setItem: forbidden });
  memory.set('camera', 'c');
  expect(memory.get('camera')).toBe('');
  expect(new Remembered(null).get('speaker')).toBe('');
});

test('a device is named as a person would', () => {
  expect(unplugged('microphone', 'USB Headset (0d8c:0014)', 'Built-in Audio')).toBe(
    'Your headset is unplugged. We are using the built-in microphone.',
  );
  expect(unplugged('camera', 'HD Webcam', 'FaceTime HD Camera')).toBe(
    'Your camera is unplugged. We are using the built-in camera.',
  );
  expect(unplugged('camera', '', 'Elgato')).toBe('Your camera is unplugged. We are using Elgato.');
  expect(unplugged('microphone', '', '')).toBe(
    'Your microphone is unplugged. We are using another microphone.',
  );
  expect(SPEAKER_UNPLUGGED).not.toContain('{');
});
