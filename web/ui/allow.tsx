/** Where this browser keeps its permission for camera and microphone: three steps, the first with its sign. */

import {
  Lock,
  type LucideIcon,
  MicOff,
  PanelTop,
  Settings,
  SlidersHorizontal,
  VideoOff,
} from 'lucide-preact';
import { browserName } from '../media/browser';
import { ALLOW, fill } from '../words';

const SIGNS: Record<(typeof ALLOW)[keyof typeof ALLOW]['sign'], LucideIcon> = {
  sliders: SlidersHorizontal,
  lock: Lock,
  crossed: VideoOff,
  menu: PanelTop,
  settings: Settings,
};

/** Where this browser keeps its permission; its sign is drawn beside the first step. */
export function Allow({ camera, microphone }: { camera: boolean; microphone: boolean }) {
  const { sign, steps } = ALLOW[browserName(navigator)];
  const Sign = sign === 'crossed' && !camera ? MicOff : SIGNS[sign];
  const device = [camera ? 'Camera' : '', microphone ? 'Microphone' : ''].filter(Boolean).join(' and ');
  return (
    <section class="stack tight">
      <h3>{device}</h3>
      <ol class="steps">
        {steps.map((step, i) => (
          <li key={step}>
            {i === 0 && <Sign class="sign" aria-hidden="true" />} {fill(step, { device })}
          </li>
        ))}
      </ol>
    </section>
  );
}
