/** What concerns this page alone: its own screen, sound and devices. Pure. */

import { DEVICES, fill, ROOM } from '../words';
import type { HelpTopic, Presentation } from './presentation';
import { button, say } from './saying';
import { type Known, names } from './sides';
import type { RoomState } from './state';

export function entering(state: RoomState): Presentation | null {
  const { link } = state.here;
  if (link === 'elsewhere') {
    return say('taken_over', {
      tone: 'info',
      icon: 'screen',
      headline: ROOM.taken_over.asks,
      buttons: [button('use_here', { do: 'use_here' }, true), button('stay_there', { do: 'go', path: '/' })],
    });
  }
  if (state.closing !== null) return null;
  if (link === 'moved') {
    return say('moved', {
      tone: 'info',
      icon: 'screen',
      headline: ROOM.taken_over.moved,
      buttons: [button('bring_back', { do: 'use_here' }, true)],
    });
  }
  if (link === 'refused') {
    return say('refused', {
      tone: 'info',
      icon: 'calendar',
      headline: state.here.refusal,
      buttons: [button('home', { do: 'go', path: '/' }, true)],
    });
  }
  return null;
}

export function soundBlocked(room: Known): Presentation | null {
  if (!room.here.soundBlocked) return null;
  const values = {
    teacher: room.lesson.teacher_name,
    pupil: names(room.lesson.pupils.map((p) => p.first_name)),
  };
  const words = room.you.role === 'teacher' ? ROOM.sound_blocked.teacher : ROOM.sound_blocked.pupil;
  return say('sound_blocked', {
    tone: 'info',
    icon: 'speaker',
    headline: fill(words, values),
    buttons: [button('sound_on', { do: 'sound' }, true)],
    assertive: true,
  });
}

const DEVICE_STATES = {
  blocked: 'device_blocked',
  missing: 'device_missing',
  in_use: 'device_in_use',
} as const;

export function devices(room: Known): Presentation | null {
  const { camera, microphone } = room.here;
  const state = (device: string) => (device === 'ended' ? 'missing' : device);
  for (const trouble of ['blocked', 'missing', 'in_use'] as const) {
    const which = [
      state(camera) === trouble ? 'camera' : '',
      state(microphone) === trouble ? 'microphone' : '',
    ];
    const found = which.filter(Boolean);
    if (found.length > 0) return deviceTrouble(trouble, found);
  }
  return null;
}

/**
 * The devices work, as the browser says; what comes out of them is nothing. Told to oneself alone, and never in place
 * of a clock, a pause or a choice: a dark room must not hide what is asked or counted.
 */
export function sent({ here: { camera, microphone, ownPicture, ownSound } }: Known): Presentation | null {
  if (microphone === 'off' && ownSound === 'muted') {
    return say('own_muted', { tone: 'wait', icon: 'microphone', headline: DEVICES.muted });
  }
  const topic: HelpTopic = camera === 'on' && ownPicture !== 'fine' ? 'camera' : 'microphone';
  if (topic === 'microphone' && (microphone !== 'on' || ownSound !== 'silent')) return null;
  const which = topic === 'camera' && ownPicture !== 'fine' ? ownPicture : 'silent';
  return say(`own_${which}`, {
    tone: 'wait',
    icon: topic === 'camera' ? 'camera' : 'microphone',
    headline: DEVICES[which],
    buttons: [
      button('choose_device', { do: 'choose_device' }, true),
      button('show_how', { do: 'help', topic }),
    ],
    assertive: true,
  });
}

function deviceTrouble(trouble: keyof typeof DEVICE_STATES, found: readonly string[]): Presentation {
  const sentences = {
    blocked: ROOM.device_blocked.both,
    missing: ROOM.device_missing.missing,
    in_use: ROOM.device_missing.in_use,
  };
  const what = names(found);
  const headline = sentences[trouble].replace('camera', what);
  const topic: HelpTopic = found.includes('camera') ? 'camera' : 'microphone';
  return say(DEVICE_STATES[trouble], {
    tone: 'wait',
    icon: 'camera',
    headline: found.length > 1 ? headline.replace(' one in', ' them in') : headline,
    buttons: [button('again', { do: 'devices' }, true), button('show_how', { do: 'help', topic })],
    assertive: true,
  });
}
