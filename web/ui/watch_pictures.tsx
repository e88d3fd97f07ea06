/** What an observer sees and hears: each side's picture, whole; sound off until it is wanted. */

import { useSignal } from '@preact/signals';
import { Volume2, VolumeX } from 'lucide-preact';
import type { Watching } from '../media/watching';
import { type Known, TEACHER } from '../room/sides';
import { lookName, pictureMissing, soundMissing } from '../room/watching';
import { WATCH } from '../words';
import { PressButton } from './basics';
import { Picture } from './picture';

export type WatchingPort = Pick<Watching, 'state' | 'incoming' | 'picture' | 'sound'>;

interface Props {
  room: Known;
  watching: WatchingPort;
  /** Changes whenever media did. */
  turn: number;
}

export function WatchPictures({ room, watching, turn }: Props) {
  const sound = useSignal(false);
  /** Counts plays that the browser did not allow with sound: each is tried again without. */
  const tries = useSignal(0);
  const sides = [TEACHER, ...room.lesson.pupils.map((pupil) => pupil.id)];
  const blocked = (is: boolean) => {
    if (!is || !sound.value) return;
    sound.value = false;
    tries.value += 1;
  };
  return (
    <section class="stack" aria-labelledby="pictures">
      <div class="row">
        <h2 id="pictures">{WATCH.pictures}</h2>
        <PressButton onPress={() => (sound.value = !sound.value)}>
          {sound.value ? <Volume2 aria-hidden="true" /> : <VolumeX aria-hidden="true" />}
          {sound.value ? WATCH.sound_off : WATCH.sound_on}
        </PressButton>
      </div>
      <div class="looks night" data-turn={turn}>
        {sides.map((side) => (
          <Look
            key={side}
            room={room}
            side={side}
            watching={watching}
            muted={!sound.value}
            tries={tries.value}
            onBlocked={blocked}
          />
        ))}
      </div>
    </section>
  );
}

interface LookProps {
  room: Known;
  side: string;
  watching: WatchingPort;
  muted: boolean;
  tries: number;
  onBlocked: (blocked: boolean) => void;
}

function Look({ room, side, watching, muted, tries, onBlocked }: LookProps) {
  const name = lookName(room, side);
  const look = { leg: watching.state, picture: watching.picture(side), sound: watching.sound(side) };
  const missing = pictureMissing(room, side, look);
  // Before the first frame the words stand behind, so that it covers them; a picture of before is hidden.
  const hidden = missing !== '' && look.picture !== 'coming';
  return (
    <section class="tile" aria-label={name}>
      <div class={hidden ? 'frame without' : 'frame'}>
        {missing !== '' && <p class="absent">{missing}</p>}
        <Picture
          tracks={watching.incoming(side)}
          label={`Picture of ${name}`}
          muted={muted}
          tries={tries}
          onBlocked={onBlocked}
        />
      </div>
      <div class="who">
        <span class="name">{name}</span>
        <span class="word">{soundMissing(room, side, look)}</span>
      </div>
    </section>
  );
}
