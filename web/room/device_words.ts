/** What a device is called in a sentence: "Your headset is unplugged. We are using the built-in microphone." Pure. */

import type { Kind } from '../media/devices';
import { DEVICES, fill } from '../words';

const HEADSET = /head(set|phone)|ear(phone|bud|pod)|airpod/i;
const BUILT_IN = /built.?in|internal|integrated|facetime/i;

/** By the labels that the browser gives the two; they may be empty. */
export function unplugged(kind: Kind, was: string, now: string): string {
  const device = kind === 'microphone' && HEADSET.test(was) ? 'headset' : kind;
  const other = BUILT_IN.test(now) ? `the built-in ${kind}` : now || `another ${kind}`;
  return fill(DEVICES.unplugged, { device, other });
}

export const SPEAKER_UNPLUGGED = fill(DEVICES.unplugged, {
  device: 'speaker',
  other: 'the speaker that this device is set to',
});
