/**
 * Talking or music (T1): what is taken from the microphone, how much of it is sent, what is asked of the other side.
 * Each side asks, in its own descriptions, for the most that may come; what comes is the sender's to bound. So a switch
 * needs no negotiation, and the other side does nothing for it.
 */

import type { Sound } from '../wire/types';

/** T1: sound is for music. Talking is for loudspeakers, and a press away. */
export const FIRST_SOUND: Sound = 'music';

export const PROCESSORS = ['echoCancellation', 'noiseSuppression', 'autoGainControl'] as const;

function capture(processed: boolean, channels: number): MediaTrackConstraints {
  const wanted = Object.fromEntries(PROCESSORS.map((processor) => [processor, processed]));
  return { ...wanted, channelCount: { ideal: channels } };
}

/** Any one processor that stays on takes the second channel away, and what is quiet or lasts. */
export const CAPTURE: Record<Sound, MediaTrackConstraints> = {
  talking: capture(true, 1),
  music: capture(false, 2),
};

/** Opus: 28 to 40 kbit/s carry one voice over the full band (RFC 7587, 3.1.1); both channels of music need 256. */
export const BITS_PER_S: Record<Sound, number> = { talking: 40_000, music: 256_000 };

/** Whether a microphone gives what was wanted; what a browser does not tell of it is not held against it. */
export function fits(settings: MediaTrackSettings, sound: Sound): boolean {
  const processed = sound === 'talking';
  const as = (told: unknown) => told === undefined || told === processed;
  return (
    PROCESSORS.every((processor) => as(settings[processor])) && (processed || settings.channelCount !== 1)
  );
}

/** Switches a microphone over while it runs. False where the browser cannot: then it has to be taken anew. */
export async function switchOver(track: MediaStreamTrack, sound: Sound): Promise<boolean> {
  try {
    await track.applyConstraints(CAPTURE[sound]);
    return fits(track.getSettings(), sound);
  } catch {
    return false;
  }
}

/** No more than this of one's sound; nothing is done where it is so already, or the sender is not laid out yet. */
export async function bound(sender: RTCRtpSender, bitsPerS: number): Promise<void> {
  const parameters = sender.getParameters();
  const [encoding] = parameters.encodings;
  if (encoding === undefined || encoding.maxBitrate === bitsPerS) return;
  encoding.maxBitrate = bitsPerS;
  await sender.setParameters(parameters);
}

/** What the receiver has to ask for in its own description, or it gets one channel at 32 kbit/s. */
const ASKED: Readonly<Record<string, string>> = {
  stereo: '1',
  'sprop-stereo': '1',
  maxaveragebitrate: String(BITS_PER_S.music),
  usedtx: '0',
};

/** A description of one's own that asks for music: every Opus in it. */
export function askingForMusic(sdp: string): string {
  const opus = [...sdp.matchAll(/^a=rtpmap:(\d+) opus\/48000\/2\r?$/gim)].map((found) => found[1] ?? '');
  return opus.reduce(withLine, sdp);
}

function withLine(sdp: string, payloadType: string): string {
  const known = new RegExp(`^a=fmtp:${payloadType} (.*?)(\r?)$`, 'm');
  const found = known.exec(sdp);
  const line = (parameters: string) => `a=fmtp:${payloadType} ${parameters}`;
  if (found !== null) return sdp.replace(known, `${line(asking(found[1] ?? ''))}$2`);
  return sdp.replace(new RegExp(`^(a=rtpmap:${payloadType} .*?)(\r?)$`, 'm'), `$1$2\n${line(asking(''))}$2`);
}

/** Opus parameters, with ours in place of what they said of the same. */
function asking(parameters: string): string {
  const name = (one: string) => one.split('=')[0]?.trim() ?? '';
  const kept = parameters.split(';').filter((one) => name(one) !== '' && !(name(one) in ASKED));
  return [...kept, ...Object.entries(ASKED).map((pair) => pair.join('='))].join(';');
}
