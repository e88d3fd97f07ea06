/** How a look at the room becomes a presentation. Pure. */

import { BUTTONS, fill } from '../words';
import { spokenTime } from './clock';
import type { Act, Button, Clock, IconName, Presentation, StateKey, Tone } from './presentation';

export function button(key: keyof typeof BUTTONS, act: Act, primary = false, n?: number): Button {
  return { key, words: n === undefined ? BUTTONS[key] : fill(BUTTONS[key], { n }), act, primary };
}

export interface Said {
  tone: Tone;
  icon: IconName;
  headline: string;
  second?: string;
  clock?: Clock | null;
  ring?: number | null;
  buttons?: readonly Button[];
  spoken?: string;
  assertive?: boolean;
}

export function say(state: StateKey, said: Said): Presentation {
  const { headline, second = '', clock = null, buttons = [], assertive = false } = said;
  const spoken = said.spoken ?? speech(headline, second, clock);
  const ring = said.ring === undefined ? (clock?.share ?? null) : said.ring;
  return {
    state,
    tone: said.tone,
    icon: said.icon,
    headline,
    second,
    clock,
    ring,
    buttons,
    spoken,
    assertive,
  };
}

function speech(headline: string, second: string, clock: Clock | null): string {
  const text = `${headline} ${second}`.trim();
  return clock === null ? text : fill(text, { 'm:ss': spokenTime(clock.text) });
}
