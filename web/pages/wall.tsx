/** The start page of people managers and administrators: every live lesson at a glance (A6). Looking is no visit; opening a tile is (Q1). */

import { useSignal } from '@preact/signals';
import { useEffect, useRef } from 'preact/hooks';
import {
  ANSWER_MS,
  ASK_MS,
  arrange,
  choices,
  countWords,
  EVERYTHING,
  type Filter,
  type Group,
  matches,
  noneWords,
  ordered,
  type Place,
  staleWords,
  waits,
} from '../room/wall';
import { announce } from '../ui/announce';
import { PressButton } from '../ui/basics';
import { Legend, tileId, WallTile } from '../ui/wall_tile';
import { http, Refusal, type Wall } from '../wire/http';
import { WALL } from '../words';
import { zone } from './me';
import { NotFound, OurFault, SignedOut, Site, Waiting } from './site';
import { askAhead } from './ticket_ahead';

/** The age of the view is looked at this often, ms. */
const TICK_MS = 1_000;

/** What stays while a tile is open, for the way back: what was filtered, and which tile it was. */
const kept: { filter: Filter; opened: string | null } = { filter: EVERYTHING, opened: null };

interface Answer {
  wall: Wall;
  /** By the page's own clock, ms. */
  at: number;
}

/** Asks again and again, one question at a time; `failed` is what cannot be helped by asking again. */
function useWall() {
  const answer = useSignal<Answer | null>(null);
  const failed = useSignal<unknown>(null);
  const round = useSignal(0);
  useEffect(() => {
    let timer: ReturnType<typeof setTimeout> | undefined;
    let over = false;
    let asking = new AbortController();
    const ask = async () => {
      asking = new AbortController();
      const late = setTimeout(() => asking.abort(), ANSWER_MS);
      let passing = true;
      try {
        const wall = await http.wall(asking.signal);
        if (over) return;
        answer.value = { wall, at: performance.now() };
        failed.value = null;
      } catch (error) {
        if (over) return;
        passing = error instanceof Refusal && (error.passing || error.status === 429);
        // What is already on the page stays readable while the server is away.
        if (!passing || answer.value === null) failed.value = error;
      } finally {
        clearTimeout(late);
      }
      if (passing) timer = setTimeout(ask, ASK_MS);
    };
    void ask();
    return () => {
      over = true;
      asking.abort();
      clearTimeout(timer);
    };
  }, [round.value]);
  return { answer: answer.value, failed: failed.value, again: () => (round.value += 1) };
}

export function WallPage() {
  const { answer, failed, again } = useWall();
  if (failed !== null) {
    if (failed instanceof Refusal && failed.status === 401) return <SignedOut />;
    if (failed instanceof Refusal && (failed.status === 404 || failed.status === 403)) return <NotFound />;
    return <OurFault again={again} />;
  }
  if (answer === null) return <Waiting title={WALL.title} />;
  return (
    <Site title={WALL.title} work>
      <h1>{WALL.title}</h1>
      <WallView answer={answer} />
    </Site>
  );
}

/** Seconds since the answer, ms; drawn anew each second. */
function useAge(at: number): number {
  const age = useSignal(0);
  useEffect(() => {
    const look = () => {
      age.value = performance.now() - at;
    };
    look();
    const timer = setInterval(look, TICK_MS);
    return () => clearInterval(timer);
  }, [at]);
  return age.value;
}

function WallView({ answer: { wall, at } }: { answer: Answer }) {
  const filter = useSignal(kept.filter);
  const held = useSignal({ pointer: false, focus: false });
  const places = useRef<Place[]>([]);
  const stale = staleWords(useAge(at));
  const isStale = stale !== null;
  useEffect(() => {
    if (isStale) announce(WALL.reconnecting);
  }, [isStale]);
  const choose = (change: Partial<Filter>) => {
    kept.filter = filter.value = { ...filter.value, ...change };
    // One's own act: the order may change.
    places.current = [];
  };

  const sorted = ordered(wall.tiles);
  const wanted = sorted.filter((tile) => matches(tile, filter.value));
  places.current = arrange(places.current, wanted, sorted, held.value.pointer || held.value.focus);
  const shown = places.current;

  // Back from a lesson: where one was.
  useEffect(() => {
    if (kept.opened !== null) document.getElementById(tileId(kept.opened))?.focus();
    kept.opened = null;
  }, []);

  const hold = (change: Partial<typeof held.value>) => {
    held.value = { ...held.value, ...change };
  };
  return (
    <>
      <p class="wall-line" data-stale={isStale}>
        {stale ?? (sorted.length === 0 ? noneWords(wall, zone()) : countWords(sorted))}
        {!isStale && waits(shown, wanted) && ` ${WALL.order_waits}`}
      </p>
      {sorted.length > 0 && <Filters wall={wall} filter={filter.value} choose={choose} />}
      {sorted.length > 0 && shown.length === 0 && (
        <div class="row">
          <p>{WALL.no_match}</p>
          <PressButton onPress={() => choose(EVERYTHING)}>{WALL.show_all}</PressButton>
        </div>
      )}
      <ul
        class="wall"
        onPointerEnter={() => hold({ pointer: true })}
        onPointerLeave={() => hold({ pointer: false })}
        onFocusIn={() => hold({ focus: true })}
        onFocusOut={() => hold({ focus: false })}
      >
        {shown.map((place) => (
          <WallTile
            key={place.tile.id}
            place={place}
            now={wall.now}
            zone={zone()}
            onOpen={() => {
              kept.opened = place.tile.id;
            }}
            onNear={() => askAhead(place.tile.id)}
          />
        ))}
      </ul>
      {shown.length > 0 && <Legend />}
    </>
  );
}

interface FiltersProps {
  wall: Wall;
  filter: Filter;
  choose: (change: Partial<Filter>) => void;
}

function Filters({ wall, filter, choose }: FiltersProps) {
  const teachers = choices(
    wall.tiles.map((tile) => tile.teacher_name),
    filter.teacher,
  );
  const instruments = choices(
    wall.tiles.map((tile) => tile.subject),
    filter.instrument,
  );
  return (
    <fieldset class="filters">
      <legend class="unseen">{WALL.filter}</legend>
      <Choice
        label={WALL.teacher}
        all={WALL.all_teachers}
        value={filter.teacher}
        options={teachers.map((name) => [name, name])}
        onChoose={(teacher) => choose({ teacher })}
      />
      <Choice
        label={WALL.state}
        all={WALL.all_states}
        value={filter.state}
        options={Object.entries(WALL.groups)}
        onChoose={(state) => choose({ state: state as Group | '' })}
      />
      <Choice
        label={WALL.instrument}
        all={WALL.all_instruments}
        value={filter.instrument}
        options={instruments.map((name) => [name, name])}
        onChoose={(instrument) => choose({ instrument })}
      />
    </fieldset>
  );
}

interface ChoiceProps {
  label: string;
  all: string;
  value: string;
  options: readonly (readonly [string, string])[];
  onChoose: (value: string) => void;
}

function Choice({ label, all, value, options, onChoose }: ChoiceProps) {
  return (
    <label class="choice">
      {label}
      <select value={value} onChange={(event) => onChoose(event.currentTarget.value)}>
        <option value="">{all}</option>
        {options.map(([key, words]) => (
          <option key={key} value={key}>
            {words}
          </option>
        ))}
      </select>
    </label>
  );
}
