/** Where other people's sound comes out: chosen once, for every picture of the page, and remembered. */

import { signal } from '@preact/signals';
import { rememberedHere } from '../media/remembered';

/** The device's id; empty: as the device is set. */
export const speaker = signal(rememberedHere().get('speaker'));

/** Not every browser lets a page choose (Safari does not): where it cannot, there is no menu. */
export function canChooseSpeaker(): boolean {
  return typeof HTMLMediaElement.prototype.setSinkId === 'function';
}

export function chooseSpeaker(id: string): void {
  rememberedHere().set('speaker', id);
  speaker.value = id;
}

/** Whether the one that was chosen is still there; if not, sound goes where the device is set to. */
export function speakerIsThere(list: readonly Pick<MediaDeviceInfo, 'kind' | 'deviceId'>[]): boolean {
  const outputs = list.filter((device) => device.kind === 'audiooutput');
  // A list without ids comes before any permission, and tells nothing.
  if (speaker.value === '' || !outputs.some((device) => device.deviceId !== '')) return true;
  return outputs.some((device) => device.deviceId === speaker.value);
}

export async function soundFrom(element: HTMLMediaElement): Promise<void> {
  if (!canChooseSpeaker() || element.sinkId === speaker.value) return;
  try {
    await element.setSinkId(speaker.value);
  } catch (error) {
    // It is gone, or the browser will not: sound stays where the device is set to.
    console.info('speaker', error);
  }
}

/** After something was plugged in or out: whether the chosen speaker went, so that another one sounds now. */
export async function speakerFellBack(): Promise<boolean> {
  if (speakerIsThere(await navigator.mediaDevices.enumerateDevices())) return false;
  // For now only: plugged in again, it is the one that was chosen.
  speaker.value = '';
  return true;
}
