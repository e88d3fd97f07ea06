/** One note, on the chosen speaker: made here, nothing is loaded. */

import { soundFrom } from './speaker';

/** The A that orchestras tune to. */
const HERTZ = 440;
const NOTE_S = 1.2;
const VOLUME = 0.3;

/** Through an audio element, because that is what can be sent to another speaker, as in the lesson. */
export async function playNote(): Promise<void> {
  const context = new AudioContext();
  try {
    const out = context.createMediaStreamDestination();
    const element = new Audio();
    element.srcObject = out.stream;
    await soundFrom(element);
    const tone = context.createOscillator();
    const gain = context.createGain();
    const at = context.currentTime + 0.1;
    tone.frequency.value = HERTZ;
    gain.gain.setValueAtTime(0, at);
    gain.gain.linearRampToValueAtTime(VOLUME, at + 0.05);
    gain.gain.exponentialRampToValueAtTime(0.001, at + NOTE_S);
    tone.connect(gain).connect(out);
    const over = new Promise<void>((resolve) => {
      tone.onended = () => resolve();
    });
    await element.play();
    tone.start(at);
    tone.stop(at + NOTE_S);
    await over;
  } finally {
    await context.close();
  }
}
