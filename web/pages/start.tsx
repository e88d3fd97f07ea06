/** The start page: a teacher's day, a family's lessons. */

import { dayOf, timeOfDay } from '../room/clock';
import { names } from '../room/sides';
import { Link } from '../ui/basics';
import { type Card, http } from '../wire/http';
import { CHECK, PROMISE } from '../words';
import { zone } from './me';
import { lessonPath } from './router';
import { Loaded, Site } from './site';

type Role = 'teacher' | 'family';

const TITLES = {
  teacher: 'Today',
  family: 'My lessons',
} as const;
const EMPTY = {
  teacher: 'No lessons today.',
  family: 'No lesson booked yet. The office emails you when there is one.',
} as const;
/** The list is asked again, so that a lesson opens on the page that waits for it. */
const EVERY_MS = 10_000;

export function StartPage({ role }: { role: Role }) {
  const title = TITLES[role];
  return (
    <Loaded title={title} load={http.lessons} every={EVERY_MS}>
      {({ lessons, now }) => (
        <Site title={title}>
          <h1>{title}</h1>
          {role === 'teacher' && <NeedsAnswer role={role} lessons={lessons} />}
          <Lessons role={role} lessons={lessons} now={now} />
        </Site>
      )}
    </Loaded>
  );
}

const NEEDS = {
  explain: 'How did it end?',
  decide: 'Decide what happens with the lost time.',
} as const;

function NeedsAnswer({ role, lessons }: { role: Role; lessons: readonly Card[] }) {
  const asking = lessons.filter((card) => card.needs.length > 0);
  if (asking.length === 0) return null;
  return (
    <section class="stack" aria-labelledby="needs">
      <h2 id="needs">Needs your answer</h2>
      <ul class="stack">
        {asking.map((card) => (
          <li key={card.id} class="banner wait">
            <p>
              {titleFor(role, card)}, {when(card)}: {card.needs.map((need) => NEEDS[need]).join(' ')}
            </p>
            <Link to={`/lessons/${card.id}/after`} look="secondary">
              Answer
            </Link>
          </li>
        ))}
      </ul>
    </section>
  );
}

function Lessons({ role, lessons, now }: { role: Role; lessons: readonly Card[]; now: number }) {
  const coming = lessons.filter((card) => card.state !== 'ended').sort((a, b) => a.starts_at - b.starts_at);
  const past = lessons.filter((card) => card.state === 'ended').sort((a, b) => b.starts_at - a.starts_at);
  if (lessons.length === 0) return <p>{EMPTY[role]}</p>;
  return (
    <>
      {coming.length > 0 ? (
        <ul class="cards" id="next">
          {coming.map((card, i) => (
            <LessonCard
              key={keyOf(card)}
              role={role}
              card={card}
              now={now}
              first={i === 0}
              pupil={whose(lessons, card)}
            />
          ))}
        </ul>
      ) : (
        <p>No lesson to come on this page.</p>
      )}
      {past.length > 0 && (
        <section class="stack" aria-labelledby="past">
          <h2 id="past">Past lessons</h2>
          <ul class="cards">
            {past.map((card) => (
              <li key={keyOf(card)} class="card">
                <p>
                  <Link to={lessonPath(card.id, '/after', whose(lessons, card))}>
                    {titleFor(role, card)}, {when(card)}
                  </Link>
                </p>
              </li>
            ))}
          </ul>
        </section>
      )}
    </>
  );
}

/** Two pupils of one family in one lesson have a card each. */
function keyOf(card: Card): string {
  return `${card.id}/${card.pupils.map((pupil) => pupil.id).join('/')}`;
}

/** Whose card it is, where the lesson has several here; each pupil then has their own way in. */
function whose(lessons: readonly Card[], card: Card): string | null {
  const several = lessons.filter((other) => other.id === card.id).length > 1;
  return several ? (card.pupils[0]?.id ?? null) : null;
}

function titleFor(role: Role, card: Card): string {
  const pupils = names(card.pupils.map((pupil) => pupil.first_name));
  if (role === 'teacher') return `${card.subject} · ${pupils}`;
  return `${pupils}: ${card.subject} with ${card.teacher_name}`;
}

export function when(card: Card): string {
  return `${dayOf(card.starts_at, zone())}, ${timeOfDay(card.starts_at, zone())} to ${timeOfDay(card.ends_at, zone())}`;
}

interface CardProps {
  role: Role;
  card: Card;
  now: number;
  first: boolean;
  pupil: string | null;
}

function LessonCard({ role, card, first, pupil }: CardProps) {
  return (
    <li class="card">
      <h2>{titleFor(role, card)}</h2>
      <p>{when(card)}</p>
      <Way role={role} card={card} first={first} pupil={pupil} />
    </li>
  );
}

/** Whether an adult has to check in before the family goes in (B1). */
export function asksAdult(card: Card): boolean {
  return card.pupils.some(
    (pupil) => pupil.adult !== 'not_needed' && ['needed', 'out'].includes(pupil.adult_state),
  );
}

function Way({ role, card, first, pupil }: Omit<CardProps, 'now'>) {
  if (!card.confirmed) return <p>This lesson is not confirmed yet, so its room is closed.</p>;
  const check = lessonPath(card.id, '/device-check', pupil);
  if (card.state === 'early') {
    return (
      <>
        <p>Opens at {timeOfDay(card.opens_at, zone())}</p>
        <Link to={check} look="secondary">
          {CHECK.link}
        </Link>
      </>
    );
  }
  const look = first ? 'primary' : 'secondary';
  if (role === 'teacher') {
    return (
      <Link to={check} look={look}>
        Open room
      </Link>
    );
  }
  return (
    <>
      <p class="promise">{PROMISE}</p>
      <Link to={check} look={look}>
        Join lesson
      </Link>
    </>
  );
}
