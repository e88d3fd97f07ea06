/** "This lesson may be observed": the same words in the same place, in every lesson, watched or not (Q1). */

import { Info } from 'lucide-preact';
import { useState } from 'preact/hooks';
import { ROOM } from '../words';
import { Dialog } from './basics';

export function ObservedNotice({ inside = false }: { inside?: boolean }) {
  const [open, setOpen] = useState(false);
  const Frame = inside ? 'div' : 'footer';
  return (
    <Frame class={inside ? 'notice inside' : 'notice'}>
      <span>{ROOM.observed.both}</span>
      <button
        type="button"
        class="info"
        aria-label="Why may this lesson be observed?"
        onClick={() => setOpen(true)}
      >
        <Info size={18} aria-hidden="true" />
      </button>
      {open && (
        <Dialog title={ROOM.observed.both} onClose={() => setOpen(false)} night>
          <p>{ROOM.observed.more}</p>
        </Dialog>
      )}
    </Frame>
  );
}
