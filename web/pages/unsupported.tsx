/** In place of the room and of the device check: a browser that cannot show lessons. */

import { useSignal } from '@preact/signals';
import { PressButton, useTitle } from '../ui/basics';
import { BUTTONS, ROOM } from '../words';
import { Site } from './site';

export function Unsupported() {
  const copied = useSignal(false);
  useTitle(ROOM.unsupported.both);
  const copy = async () => {
    await navigator.clipboard.writeText(location.href);
    copied.value = true;
  };
  return (
    <Site title="Not supported">
      <h1>{ROOM.unsupported.both}</h1>
      <p>{ROOM.unsupported.second}</p>
      <div class="row">
        {navigator.clipboard && (
          <PressButton look="primary" onPress={() => void copy()}>
            {BUTTONS.copy_link}
          </PressButton>
        )}
        <span role="status">{copied.value ? 'The link is copied.' : ''}</span>
      </div>
    </Site>
  );
}
