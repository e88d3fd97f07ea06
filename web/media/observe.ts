/** Looks at one's own picture and listens to one's own sound, on this device alone: what `check.ts` judges. */

import { type Light, LOOK_HEIGHT, LOOK_WIDTH, lightOf, peakOf } from './check';

/** Sees one camera track. */
export class Eye {
  readonly #video = document.createElement('video');
  readonly #pen: CanvasRenderingContext2D | null;

  constructor(readonly track: MediaStreamTrack) {
    const canvas = document.createElement('canvas');
    canvas.width = LOOK_WIDTH;
    canvas.height = LOOK_HEIGHT;
    this.#pen = canvas.getContext('2d', { willReadFrequently: true });
    this.#video.muted = true;
    this.#video.playsInline = true;
    this.#video.srcObject = new MediaStream([track]);
    this.#video.play().catch((error: unknown) => console.info('own picture is not looked at', error));
  }

  /** Null while no frame has come. */
  look(): { light: Light; frames: number } | null {
    if (this.#pen === null || this.#video.readyState < HTMLMediaElement.HAVE_CURRENT_DATA) return null;
    this.#pen.drawImage(this.#video, 0, 0, LOOK_WIDTH, LOOK_HEIGHT);
    const { data } = this.#pen.getImageData(0, 0, LOOK_WIDTH, LOOK_HEIGHT);
    return { light: lightOf(data), frames: this.#video.getVideoPlaybackQuality().totalVideoFrames };
  }

  close(): void {
    this.#video.srcObject = null;
  }
}

/** Samples at a time, for a meter that is drawn ten times a second: 171 ms at 48 kHz, so that no short note is missed. */
const METER_SAMPLES = 8_192;
/** For a look once a second: 0.7 s, the most that a browser keeps. A gate or a short note is not missed again and again. */
export const LONG_SAMPLES = 32_768;

/** Hears one microphone track. It is connected to no loudspeaker. */
export class Ear {
  readonly #context = new AudioContext();
  readonly #analyser = this.#context.createAnalyser();
  readonly #samples: Float32Array<ArrayBuffer>;

  constructor(
    readonly track: MediaStreamTrack,
    samples = METER_SAMPLES,
  ) {
    this.#samples = new Float32Array(samples);
    this.#analyser.fftSize = samples;
    this.#context.createMediaStreamSource(new MediaStream([track])).connect(this.#analyser);
  }

  /** The peak, 0 to 1; null while the browser lets the page hear nothing (before the first tap). */
  listen(): number | null {
    if (this.#context.state !== 'running') {
      this.#context.resume().catch((error: unknown) => console.info('own sound is not heard', error));
      return null;
    }
    this.#analyser.getFloatTimeDomainData(this.#samples);
    return peakOf(this.#samples);
  }

  close(): void {
    this.#context.close().catch((error: unknown) => console.info('own sound', error));
  }
}
