import { expect, test } from 'vitest';
import { OwnDevices } from '../media/devices';
import { askingForMusic, CAPTURE, fits, PROCESSORS } from '../media/music';
import { type Keep, Remembered } from '../media/remembered';

const LINE = 'stereo=1;sprop-stereo=1;maxaveragebitrate=256000;usedtx=0';
const head = 'v=0\r\nm=audio 9 UDP/TLS/RTP/SAVPF 111 63\r\na=rtpmap:111 opus/48000/2\r\n';

test.each([
  [
    'a browser’s line',
    `${head}a=fmtp:111 minptime=10;useinbandfec=1\r\n`,
    `minptime=10;useinbandfec=1;${LINE}`,
  ],
  ['one that says otherwise', `${head}a=fmtp:111 usedtx=1; stereo=0;minptime=10\r\n`, `minptime=10;${LINE}`],
  ['one that asks already', `${head}a=fmtp:111 ${LINE}\r\n`, LINE],
  ['none', head, LINE],
])('T1 the line of Opus, from %s', (_, sdp, parameters) => {
  const made = askingForMusic(sdp);
  expect(made).toContain(`a=fmtp:111 ${parameters}\r\n`);
  expect(made.match(/a=fmtp:111 /g)).toHaveLength(1);
  expect(made.startsWith(head)).toBe(true);
  expect(askingForMusic(made)).toBe(made);
});

test('T1 every Opus is asked so, and nothing else is touched', () => {
  const sdp = `${head}a=fmtp:111 minptime=10\r\na=rtpmap:63 red/48000/2\r\na=fmtp:63 111/111\r\nm=video 9 x 96\r\na=rtpmap:96 VP8/90000\r\na=fmtp:96 max-fs=12288\r\n`;
  const two = sdp.replace('a=rtpmap:63 red', 'a=rtpmap:11 OPUS/48000/2\r\na=rtpmap:63 red');
  const lines = askingForMusic(two).split('\r\n');
  expect(
    lines.filter((line) => line.includes('maxaveragebitrate')).map((line) => line.split(' ')[0]),
  ).toEqual(['a=fmtp:111', 'a=fmtp:11']);
  expect(lines.filter((line) => !line.includes('maxaveragebitrate')).join('\r\n')).toBe(
    two.replace('a=fmtp:111 minptime=10\r\n', ''),
  );
  expect(askingForMusic('v=0\r\n')).toBe('v=0\r\n');
});

test('T1 music is taken with all three processors off, in two channels', () => {
  for (const processor of PROCESSORS) {
    expect([CAPTURE.music[processor], CAPTURE.talking[processor]]).toEqual([false, true]);
    expect(fits({ channelCount: 2, [processor]: true }, 'music')).toBe(false);
    expect(fits({ channelCount: 1, [processor]: false }, 'talking')).toBe(false);
  }
  expect(CAPTURE.music.channelCount).toEqual({ ideal: 2 });
  expect(fits({ channelCount: 1 }, 'music')).toBe(false);
  // A browser that tells nothing is believed.
  expect([fits({}, 'music'), fits({}, 'talking')]).toEqual([true, true]);
});

/** A microphone of a browser; `live`: it can be switched over while it runs. */
class Microphone {
  readonly kind = 'audio';
  enabled = true;
  stopped = false;
  onended: (() => void) | null = null;
  constructor(
    public settings: MediaTrackConstraints,
    private readonly live: boolean,
  ) {}
  stop() {
    this.stopped = true;
  }
  getSettings() {
    const told = Object.fromEntries(PROCESSORS.map((processor) => [processor, this.settings[processor]]));
    return { ...told, deviceId: 'm', channelCount: this.settings.echoCancellation ? 1 : 2 };
  }
  async applyConstraints(settings: MediaTrackConstraints) {
    if (!this.live) throw new DOMException('', 'OverconstrainedError');
    this.settings = settings;
  }
}

function machine(live: boolean) {
  const made: Microphone[] = [];
  const store: Record<string, string> = {};
  const keep: Keep = { getItem: (key) => store[key] ?? null, setItem: (key, value) => (store[key] = value) };
  let refuses = false;
  const capture = {
    getUserMedia: async (want: MediaStreamConstraints) => {
      if (want.video || refuses) throw new DOMException('', 'NotFoundError');
      const microphone = new Microphone(want.audio as MediaTrackConstraints, live);
      made.push(microphone);
      return { getTracks: () => [microphone] } as unknown as MediaStream;
    },
  };
  const refuse = () => {
    refuses = true;
  };
  return { capture, made, keep, refuse };
}

test('T1 sound is for music, until somebody says otherwise on this device', async () => {
  const { capture, made, keep } = machine(true);
  const own = new OwnDevices(capture, () => undefined, new Remembered(keep));
  await own.acquire();
  expect(own.sound).toBe('music');
  expect(made.map((microphone) => microphone.settings.echoCancellation)).toEqual([false]);
  await own.useSound('talking');
  const next = new OwnDevices(capture, () => undefined, new Remembered(keep));
  expect(next.sound).toBe('talking');
});

test('T1 a microphone that can be switched over goes on; one that cannot is taken anew, muted as it was', async () => {
  const [over, anew] = [machine(true), machine(false)];
  for (const { capture, made, keep } of [over, anew]) {
    const own = new OwnDevices(capture, () => undefined, new Remembered(keep));
    await own.acquire();
    own.switch('microphone');
    expect(await own.useSound('talking')).toBe(true);
    const running = made.filter((microphone) => !microphone.stopped);
    expect(running.map((microphone) => microphone.settings.noiseSuppression)).toEqual([true]);
    expect(own.tracks.microphone).toBe(running[0]);
    expect(running[0]?.enabled).toBe(false);
  }
  expect([over.made.length, anew.made.length]).toEqual([1, 2]);
});

test('where it cannot be had so, all goes on as it was', async () => {
  const { capture, made, keep, refuse } = machine(false);
  const memory = new Remembered(keep);
  const own = new OwnDevices(capture, () => undefined, memory);
  await own.acquire();
  refuse();
  expect(await own.useSound('talking')).toBe(false);
  expect([own.sound, memory.sound, own.state('microphone')]).toEqual(['music', 'music', 'on']);
  expect(made.map((microphone) => microphone.stopped)).toEqual([false]);
});

test('two presses at once: the last one stands, over one microphone', async () => {
  const { capture, made, keep } = machine(false);
  const own = new OwnDevices(capture, () => undefined, new Remembered(keep));
  await own.acquire();
  await Promise.all([own.useSound('talking'), own.useSound('music'), own.useSound('talking')]);
  expect(own.sound).toBe('talking');
  const running = made.filter((microphone) => !microphone.stopped);
  expect(running.map((microphone) => microphone.settings.autoGainControl)).toEqual([true]);
});

test('after the end no microphone is taken for it', async () => {
  const { capture, made, keep } = machine(false);
  const own = new OwnDevices(capture, () => undefined, new Remembered(keep));
  await own.acquire();
  own.stop();
  expect(await own.useSound('talking')).toBe(false);
  expect(made).toHaveLength(1);
});
