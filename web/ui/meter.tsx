/** The microphone's level in ten steps, the right zone marked, with a word beside it; the peak stays for a second. */

import { GOOD_FROM, type Level, STEPS } from '../media/check';
import { CHECK } from '../words';

const ALL = Array.from({ length: STEPS }, (_, i) => i + 1);

export function Meter({ level }: { level: Level }) {
  const word = CHECK.level[level.loudness];
  return (
    <div class="meter">
      {/* biome-ignore lint/a11y/useSemanticElements: a <meter> is drawn as one bar, without steps, zone or peak */}
      <div
        class="steps"
        role="meter"
        aria-label={CHECK.rows.microphone}
        aria-valuemin={0}
        aria-valuemax={STEPS}
        aria-valuenow={level.step}
        aria-valuetext={word}
      >
        {ALL.map((step) => (
          <span
            key={step}
            data-on={step <= level.step}
            data-held={step === level.held}
            data-zone={step >= GOOD_FROM && step < STEPS}
          />
        ))}
      </div>
      <span class="word" data-loudness={level.loudness}>
        {word}
      </span>
    </div>
  );
}
