/** One case: what was caught and why, the transcript with the words marked, who was there, what happened. */

import { dayOf, timeOfDay } from '../room/clock';
import { Link } from '../ui/basics';
import { Timeline } from '../ui/timeline';
import { type Case, type CaseLine, http } from '../wire/http';
import { kindWords } from './cases';
import { zone } from './me';
import { Loaded, Site } from './site';
import { when } from './start';

export function CasePage({ id }: { id: string }) {
  return (
    <Loaded title="Case" load={() => http.case(id)}>
      {(found) => (
        <Site title={`Case ${found.number}`} work>
          <h1>Case {found.number}</h1>
          <p>Opening this case is on record.</p>
          <Why found={found} />
          <section class="stack" aria-labelledby="transcript">
            <h2 id="transcript">Transcript</h2>
            <Transcript lines={found.transcript} />
          </section>
          <Notes found={found} />
          <People found={found} />
          <section class="stack" aria-labelledby="timeline">
            <h2 id="timeline">What happened</h2>
            <Timeline rows={found.timeline} names={found.lesson} zone={zone()} />
          </section>
          <Link to="/cases" class="back">
            All cases
          </Link>
        </Site>
      )}
    </Loaded>
  );
}

function Why({ found }: { found: Case }) {
  const { why, delivered } = found;
  return (
    <section class={delivered ? 'banner' : 'banner wait'} aria-labelledby="caught">
      <h2 id="caught">{kindWords(found.kind)}</h2>
      <dl class="facts">
        {why.reason !== '' && (
          <>
            <dt>It may contain</dt>
            <dd>{why.reason}</dd>
          </>
        )}
        {RULINGS[why.ruling] !== undefined && (
          <>
            <dt>What came of it</dt>
            <dd>{RULINGS[why.ruling]}</dd>
          </>
        )}
        <dt>{BY[found.kind] ?? 'By'}</dt>
        <dd>{why.ruling === '' ? why.reviewer || 'Not known' : 'The safety check'}</dd>
        <dt>Opened</dt>
        <dd>
          {dayOf(found.opened_at, zone())}, {timeOfDay(found.opened_at, zone())}
        </dd>
        <dt>Evidence</dt>
        <dd>{found.unchanged ? 'Unchanged since this case was opened' : RECORD_BROKEN}</dd>
        <dt>Alert</dt>
        <dd>
          {delivered ? 'Delivered to the team' : 'This alert is not delivered yet. We try again until it is.'}
        </dd>
      </dl>
    </section>
  );
}

const RECORD_BROKEN =
  'The record no longer matches its proof. Do not rely on it. Tell the administrator now.';

/** What the review's verdict did. */
const RULINGS: Record<string, string> = {
  end: 'The message was not delivered, and the lesson ended',
  escalate: 'The message was delivered, and the lesson went on',
};

const BY: Record<string, string> = {
  flag: 'Flagged by',
  ended_by_staff: 'Ended by',
  hook_end: 'Found by',
  disclosure: 'Found by',
};

const PARTS: Record<string, string> = {
  teacher: 'Teacher',
  manager: 'People manager',
  administrator: 'Administrator',
  safeguarding: 'Safeguarding team',
  office: 'Office',
};

/** In words; a pupil's side by the pupil's name. */
function partOf(found: Case, person: Case['people'][number]): string {
  const pupil = found.lesson.pupils.find((one) => one.id === person.side);
  return pupil ? `${pupil.first_name}'s side` : (PARTS[person.role] ?? 'Somebody else');
}

const STATES: Record<string, string> = {
  delivered: '',
  held: 'Held: only its author and the teacher see it',
  dropped: 'Held, and not sent',
  ended: 'Not delivered: it ended the lesson',
  pending: 'Not delivered yet',
};

function Transcript({ lines }: { lines: readonly CaseLine[] }) {
  if (lines.length === 0) return <p>No message was written in this lesson.</p>;
  return (
    <ul class="transcript">
      {lines.map((line, i) => (
        <li key={i} class={line.cause ? 'cause' : ''}>
          <div class="row">
            <strong>{line.author}</strong>
            <span class="hint">{timeOfDay(line.at, zone())}</span>
            {line.cause && <span class="tag stop">Opened this case</span>}
            {STATES[line.state] && <span class="tag">{STATES[line.state]}</span>}
          </div>
          <p>{marked(line)}</p>
        </li>
      ))}
    </ul>
  );
}

/** The text with what caught the reviewer marked. Positions count code points, as Python does. */
export function marked({ text, spans }: Pick<CaseLine, 'text' | 'spans'>) {
  const points = [...text];
  const parts = [];
  let from = 0;
  for (const [start, end] of [...spans].sort((a, b) => a[0] - b[0])) {
    if (start < from || end <= start) continue;
    parts.push(points.slice(from, start).join(''));
    parts.push(<mark>{points.slice(start, end).join('')}</mark>);
    from = end;
  }
  parts.push(points.slice(from).join(''));
  return parts;
}

function Notes({ found }: { found: Case }) {
  if (found.notes.length === 0) return null;
  return (
    <section class="stack" aria-labelledby="notes">
      <h2 id="notes">Notes by the teacher</h2>
      <ul class="transcript">
        {found.notes.map((note, i) => (
          <li key={i}>
            <div class="row">
              <strong>{note.name}</strong>
              <span class="hint">
                {dayOf(note.at, zone())}, {timeOfDay(note.at, zone())}
              </span>
            </div>
            <p>{note.text}</p>
          </li>
        ))}
      </ul>
    </section>
  );
}

function People({ found }: { found: Case }) {
  return (
    <section class="stack" aria-labelledby="people">
      <h2 id="people">People</h2>
      <p>
        {found.lesson.subject}, {when(found.lesson)}
      </p>
      <table>
        <thead>
          <tr>
            <th scope="col">Name</th>
            <th scope="col">Part</th>
          </tr>
        </thead>
        <tbody>
          {found.people.map((person) => (
            <tr key={`${person.role} ${person.name}`}>
              <td data-label="Name">{person.name}</td>
              <td data-label="Part">{partOf(found, person)}</td>
            </tr>
          ))}
        </tbody>
      </table>
    </section>
  );
}
