/** The stage: the other side's picture, whole; one's own, small and mirrored. */

import { ofPart } from '../room/present';
import { adultWord, type Known, pupilName, sideStatus, TEACHER } from '../room/sides';
import { soundOf } from '../room/sound';
import type { PartStatus } from '../wire/types';
import { BUTTONS, fill, SOUND, sentence, TITLES, WHY } from '../words';
import { PressButton } from './basics';
import { ownPlace } from './own_place';
import { Picture } from './picture';
import type { RoomPort } from './room_view';

interface Props {
  session: RoomPort;
  room: Known | null;
}

export function Stage({ session, room }: Props) {
  // Read for its change: tracks come and go outside of signals.
  const turn = session.mediaTurn.value;
  const others =
    room === null ? [] : room.you.role === 'teacher' ? room.lesson.pupils.map((p) => p.id) : [TEACHER];
  return (
    <main class="stage" data-tiles={others.length} tabIndex={-1} aria-label="Pictures" data-turn={turn}>
      {room !== null &&
        others.map((side, i) => (
          <Tile
            key={side}
            session={session}
            room={room}
            side={side}
            several={others.length > 1}
            owned={i === others.length - 1}
          />
        ))}
    </main>
  );
}

interface TileProps {
  session: RoomPort;
  room: Known;
  side: string;
  /** One of several: it carries its own word and clock. */
  several: boolean;
  /** One's own picture stands in this tile's corner. */
  owned: boolean;
}

function Tile({ session, room, side, several, owned }: TileProps) {
  const name = side === TEACHER ? room.lesson.teacher_name : pupilName(room.lesson, side);
  const tracks = session.media?.incoming(side) ?? [];
  const flows = session.media?.flows(side) ?? false;
  const part = room.status.parts.find((p) => p.pupil === side);
  // Of a side that is not here nothing is known.
  const sound = sideStatus(room.status, side)?.here ? soundOf(room.status, side) : null;
  return (
    <section class="tile" aria-label={name}>
      <div class={owned ? 'frame owned' : 'frame'}>
        <Picture
          tracks={tracks}
          label={`Picture of ${name}`}
          muted={false}
          tries={session.soundTries.value}
          onBlocked={(blocked) => session.soundIs(side, blocked)}
        />
        {!flows && <p class="absent">{absence(room, side, name)}</p>}
        {owned && <Own session={session} />}
      </div>
      <div class="who">
        <span class="name">{name}</span>
        {several && part !== undefined && <span class="word">{wordOf(room, part, session.now())}</span>}
        {sound !== null && <span class="word heard">{SOUND.theirs[sound]}</span>}
        {part !== undefined && room.you.role === 'teacher' && (
          <Adult session={session} room={room} part={part} />
        )}
      </div>
    </section>
  );
}

/** The state of one part in a word, with its clock. */
function wordOf(room: Known, part: PartStatus, now: number): string {
  if (part.phase === 'over') return 'Ended';
  const shown = ofPart(room, part, now);
  return [TITLES[shown.state] ?? '', shown.clock?.text ?? ''].filter(Boolean).join(' ');
}

/** In place of a picture: what is known of it, and no more. Nothing where it is we who do not look. */
function absence(room: Known, side: string, name: string): string {
  if (room.here.link !== 'open' || room.halted || room.here.endPressed) return '';
  if (sideStatus(room.status, room.you.side ?? TEACHER)?.reasons.includes('line')) return '';
  const status = sideStatus(room.status, side);
  if (status === null || !status.here) return fill(WHY.other.away, { pupil: name });
  const reason = (['camera', 'media', 'line'] as const).find((r) => status.reasons.includes(r));
  return fill(WHY.other[reason ?? 'media'], { pupil: name });
}

/** "Grown-up: here", under the name; the teacher marks it when they have left. */
function Adult({ session, room, part }: { session: RoomPort; room: Known; part: PartStatus }) {
  if (part.adult === 'not_needed') return null;
  const states = {
    needed: 'not checked in',
    by_sight: 'waits for your yes',
    in: 'here',
    out: 'has left',
    disputed: 'not seen',
  } as const;
  const canMark = part.adult === 'in' && part.adult_stays && room.status.can.includes('adult_out');
  return (
    <>
      <span class="word adult">
        {sentence(adultWord(room.lesson, part.pupil))}: {states[part.adult]}
      </span>
      {canMark && (
        <PressButton
          look="quiet"
          class="adult"
          onPress={() => session.ask({ type: 'adult_out', pupil: part.pupil })}
        >
          {BUTTONS.they_left}
        </PressButton>
      )}
    </>
  );
}

function Own({ session }: { session: RoomPort }) {
  const place = ownPlace;
  const camera = session.media?.own.tracks.camera ?? null;
  const state = session.state.value.here.camera;
  if (place.value.hidden) return null;
  const words = state === 'on' ? 'You' : state === 'asking' ? 'Turning on…' : 'You: camera off';
  return (
    <figure class={place.value.left ? 'own left' : 'own'} aria-label="Your own picture">
      {camera !== null && state === 'on' && (
        <Picture tracks={[camera]} label="Your own picture, mirrored" muted />
      )}
      <figcaption class="label">{words}</figcaption>
    </figure>
  );
}
