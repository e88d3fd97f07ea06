/** One soft chime before the lesson, when the other side comes in. Made here: nothing is loaded. */

const NOTES_HZ = [659.25, 880];
const VOLUME = 0.08;
const NOTE_S = 0.5;

/** Browsers let a page sound only after a tap: where they do not, there is no chime. */
export function chime(note: (error: unknown) => void): void {
  const context = new AudioContext();
  if (context.state !== 'running') {
    context.close().catch(note);
    return;
  }
  NOTES_HZ.forEach((hertz, i) => {
    const at = context.currentTime + i * 0.18;
    const gain = context.createGain();
    gain.gain.setValueAtTime(0, at);
    gain.gain.linearRampToValueAtTime(VOLUME, at + 0.02);
    gain.gain.exponentialRampToValueAtTime(0.0001, at + NOTE_S);
    const tone = context.createOscillator();
    tone.frequency.value = hertz;
    tone.connect(gain).connect(context.destination);
    tone.start(at);
    tone.stop(at + NOTE_S);
  });
  setTimeout(() => context.close().catch(note), 2_000);
}
