/** Talking or music (T1): in the bar, not in settings; on a phone that lies on its side, under More. */

import { AudioLines, Music } from 'lucide-preact';
import { useId } from 'preact/hooks';
import type { Sound } from '../wire/types';
import { SOUND } from '../words';

const CHOICES = [
  ['talking', AudioLines],
  ['music', Music],
] as const;

interface Props {
  sound: Sound;
  onChoose: (sound: Sound) => void;
}

export function SoundSwitch({ sound, onChoose }: Props) {
  const id = useId();
  return (
    // biome-ignore lint/a11y/useSemanticElements: a fieldset's legend cannot stand beside its buttons
    <div class="sound" role="group" aria-labelledby={id}>
      <span id={id} class="label">
        {SOUND.control}
      </span>
      {CHOICES.map(([choice, Icon]) => (
        <button
          key={choice}
          type="button"
          class="segment"
          aria-pressed={sound === choice}
          aria-keyshortcuts="F8"
          onClick={() => onChoose(choice)}
        >
          <Icon size={20} aria-hidden="true" />
          <span>{SOUND[choice]}</span>
        </button>
      ))}
    </div>
  );
}
