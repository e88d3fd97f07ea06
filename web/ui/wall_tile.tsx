/** One lesson on the live wall: words, the bands, a ring when a clock runs. No picture, no family's name (Q1). */

import {
  bandsOf,
  bandWords,
  clockOf,
  type Place,
  type Segment,
  segments,
  stateOf,
  timeLeft,
} from '../room/wall';
import { KINDS, WALL } from '../words';
import { Link } from './basics';

/** The ring's circle: of radius 8. */
const AROUND = 2 * Math.PI * 8;

function Ring({ share }: { share: number }) {
  return (
    <svg width="24" height="24" viewBox="0 0 24 24" aria-hidden="true">
      <circle cx="12" cy="12" r="8" fill="none" stroke="var(--line)" stroke-width="4" />
      <circle
        cx="12"
        cy="12"
        r="8"
        fill="none"
        stroke="currentColor"
        stroke-width="4"
        stroke-dasharray={`${AROUND * share} ${AROUND}`}
        transform="rotate(-90 12 12)"
      />
    </svg>
  );
}

const percent = (share: number) => `${Math.round(share * 10_000) / 100}%`;

export function Band({ who, shown }: { who: string; shown: readonly Segment[] }) {
  return (
    <div class="side">
      <span class="who" aria-hidden="true">
        {who}
      </span>
      <div class="band" role="img" aria-label={bandWords(who, shown)}>
        {shown.map(({ standing, from, to }, i) => (
          <span key={i} data-standing={standing} style={{ left: percent(from), width: percent(to - from) }} />
        ))}
      </div>
    </div>
  );
}

export const tileId = (lesson: string) => `tile-${lesson}`;

interface Props {
  place: Place;
  now: number;
  zone: string;
  onOpen: () => void;
  /** A pointer goes down on it: it may be opened in a moment. */
  onNear: () => void;
}

export function WallTile({ place: { tile, gone }, now, zone, onOpen, onNear }: Props) {
  const kind = (KINDS as Record<string, string>)[tile.kind] ?? tile.kind;
  const state = stateOf(tile);
  const clock = gone ? null : clockOf(tile, now);
  return (
    <li class="tile-card" data-group={gone ? 'gone' : state.group} data-state={gone ? 'gone' : state.key}>
      <h2>
        <Link to={`/lessons/${tile.id}/watch`} id={tileId(tile.id)} onFollow={onOpen} onNear={onNear}>
          {tile.teacher_name}
          <span class="unseen">
            {tile.subject}. {WALL.watch}
          </span>
        </Link>
      </h2>
      <p class="what">
        {tile.subject} · {kind}
      </p>
      <p class="row">
        <span class={`tag ${gone ? '' : state.tone}`}>{gone ? WALL.gone : state.words}</span>
      </p>
      <p class="what">{gone ? '' : timeLeft(tile, now, zone)}</p>
      <p class="clock">
        {clock && (
          <>
            <Ring share={clock.share} />
            {clock.words}
          </>
        )}
      </p>
      <div class="bands">
        {!gone &&
          bandsOf(tile).map(({ who, band }) => <Band key={who} who={who} shown={segments(band, now)} />)}
      </div>
    </li>
  );
}

const ALONE = { from: 0, to: 1 };

/** What each pattern means. */
export function Legend() {
  return (
    <details class="legend">
      <summary>{WALL.legend}</summary>
      <p>{WALL.legend_intro}</p>
      <ul>
        {(Object.keys(WALL.standings) as (keyof typeof WALL.standings)[]).map((standing) => (
          <li key={standing}>
            <div class="band" aria-hidden="true">
              <span
                data-standing={standing}
                style={{ left: percent(ALONE.from), width: percent(ALONE.to) }}
              />
            </div>
            {WALL.standings[standing]}
          </li>
        ))}
      </ul>
    </details>
  );
}
