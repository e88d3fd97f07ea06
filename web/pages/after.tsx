/** After the lesson: what it came to, why, what happened; for the teacher how it ended, what to decide, a note. */

import { useSignal } from '@preact/signals';
import { outcomeWords } from '../room/outcome';
import { names } from '../room/sides';
import { Link, PressButton } from '../ui/basics';
import { Timeline } from '../ui/timeline';
import { type After, http, Refusal } from '../wire/http';
import type { Because, Choice, Outcome } from '../wire/types';
import { BUTTONS, fill, MORE, REASONS, ROOM } from '../words';
import { me, watches, zone } from './me';
import { Loaded, ourFault, Site } from './site';
import { when } from './start';

/** Until it is settled the page asks again this often. */
const EVERY_MS = 3_000;
/** A note to the office: some paragraphs. */
const NOTE_MAX = 4_000;

interface PageProps {
  id: string;
  /** Whose part, of a family with several pupils in it. */
  pupil: string | null;
}

export function AfterPage({ id, pupil }: PageProps) {
  return (
    <Loaded title="After the lesson" load={() => http.after(id, pupil)} every={EVERY_MS}>
      {(after, again) => (
        <Site title="After the lesson">
          <h1>
            {after.card.subject} with{' '}
            {me.value?.role === 'family'
              ? after.card.teacher_name
              : names(after.card.pupils.map((pupil) => pupil.first_name))}
          </h1>
          <p>{when(after.card)}</p>
          <AfterContent id={id} after={after} again={again} />
          <Link to="/" look="primary">
            {BUTTONS.home}
          </Link>
        </Site>
      )}
    </Loaded>
  );
}

/** The same under the room's last sentence. */
export function AfterInRoom({ id, pupil }: PageProps) {
  return (
    <Loaded title={`after ${id}`} load={() => http.after(id, pupil)} every={EVERY_MS} bare>
      {(after, again) => <AfterContent id={id} after={after} again={again} />}
    </Loaded>
  );
}

interface ContentProps {
  id: string;
  after: After;
  again: () => void;
}

export function AfterContent({ id, after, again }: ContentProps) {
  const teacher = me.value?.role === 'teacher';
  return (
    <>
      {!watches(me.value?.role) && (
        <section class="stack" aria-labelledby="outcome">
          <h2 id="outcome">What it comes to</h2>
          <Outcomes after={after} teacher={teacher} />
        </section>
      )}
      {teacher && after.asks_why && <HowDidItEnd id={id} after={after} again={again} pupil={null} />}
      {teacher && after.may_explain && !after.asks_why && <ConductOrDress id={id} again={again} />}
      {teacher &&
        after.asks_why_of.map((pupil) => (
          <HowDidItEnd key={pupil} id={id} after={after} again={again} pupil={pupil} />
        ))}
      {teacher &&
        after.decisions.map((decision) => (
          <Decide key={decision.pupil} id={id} after={after} decision={decision} again={again} />
        ))}
      {teacher && <Note id={id} flagged={after.timeline.some((row) => row.detail === 'flagged')} />}
      <section class="stack" aria-labelledby="timeline">
        <h2 id="timeline">What happened</h2>
        <Timeline rows={after.timeline} names={after.card} zone={zone()} />
      </section>
    </>
  );
}

/** The words are a family's; a teacher reads of themselves and of the other side. */
function wordsFor(outcome: Outcome, teacher: boolean, name: string) {
  const words = outcomeWords(outcome, name);
  if (teacher && outcome.decides === 'teacher') return { ...words, text: MORE.you_decide };
  if (teacher && outcome.protected) return { ...words, text: MORE.they_were_first };
  return words;
}

function Outcomes({ after, teacher }: { after: After; teacher: boolean }) {
  const several = after.card.pupils.length > 1;
  if (after.card.state !== 'ended') return <p>{MORE.not_ended}</p>;
  if (!after.card.confirmed) return <p>{MORE.not_confirmed}</p>;
  if (!after.settled || after.results.length === 0) return <p role="status">{MORE.adding_up}</p>;
  return (
    <>
      {after.results.map(({ pupil, outcome }) => {
        const { text, tag } = wordsFor(outcome, teacher, after.card.teacher_name);
        const name = after.card.pupils.find((p) => p.id === pupil)?.first_name;
        return (
          <div key={pupil} class="banner" data-outcome={outcome.charge}>
            <div class="row">
              {several && name && <strong>{name}</strong>}
              <span class="tag plain">{tag}</span>
            </div>
            <p>{text}</p>
          </div>
        );
      })}
    </>
  );
}

/** Sends once, says what came of it. A repeat after no answer is the same action; what is said anew is another. */
function useSending(again: () => void) {
  const trouble = useSignal('');
  const action = useSignal(crypto.randomUUID());
  const anew = () => (action.value = crypto.randomUUID());
  const send = async (call: (action: string) => Promise<unknown>): Promise<boolean> => {
    trouble.value = '';
    try {
      await call(action.value);
      anew();
      again();
      return true;
    } catch (error) {
      if (!(error instanceof Refusal)) throw error;
      trouble.value = error.passing ? ourFault() : error.text;
      if (!error.passing) anew();
      return false;
    }
  };
  return { trouble, send, anew };
}

/** Of the lesson, or of one pupil who was removed before its end. */
function HowDidItEnd({ id, after, again, pupil }: ContentProps & { pupil: string | null }) {
  const { trouble, send } = useSending(again);
  const say = (because: Because) => void send((action) => http.explain(id, { action, because, pupil }));
  const name = after.card.pupils.find((p) => p.id === pupil)?.first_name ?? '';
  const heading = `why${pupil ?? ''}`;
  return (
    <section class="card" aria-labelledby={heading}>
      <h2 id={heading}>{name ? fill(MORE.ended_for, { pupil: name }) : ROOM.ended_by_you.teacher_second}</h2>
      {trouble.value && <p role="alert">{trouble.value}</p>}
      <ul class="stack">
        {REASONS.map(({ because, words }) => (
          <li key={words}>
            <PressButton onPress={() => say(because)}>{words}</PressButton>
          </li>
        ))}
      </ul>
    </section>
  );
}

/** Nobody asks, but it stays possible (D1, D2). */
function ConductOrDress({ id, again }: Omit<ContentProps, 'after'>) {
  const { trouble, send } = useSending(again);
  return (
    <details>
      <summary>{MORE.conduct_or_dress}</summary>
      <p>{MORE.conduct_or_dress_hint}</p>
      {trouble.value && <p role="alert">{trouble.value}</p>}
      <div class="row">
        {REASONS.filter(({ because }) => because === 'conduct' || because === 'dress').map(
          ({ because, words }) => (
            <PressButton
              key={because}
              onPress={() => void send((action) => http.explain(id, { action, because, pupil: null }))}
            >
              {words}
            </PressButton>
          ),
        )}
      </div>
    </details>
  );
}

function Decide({ id, after, decision, again }: ContentProps & { decision: After['decisions'][number] }) {
  const { trouble, send } = useSending(again);
  const choose = (choice: Choice) =>
    void send((action) => http.decide(id, { action, choose: choice, pupil: decision.pupil }));
  const name = after.card.pupils.find((p) => p.id === decision.pupil)?.first_name ?? '';
  return (
    <section class="card" aria-labelledby={`decide${decision.pupil}`}>
      <h2 id={`decide${decision.pupil}`}>What happens with the lost time of {name}'s lesson?</h2>
      {trouble.value && <p role="alert">{trouble.value}</p>}
      <div class="row">
        <PressButton onPress={() => choose('abort')}>Not charged</PressButton>
        <PressButton onPress={() => choose('carry_over')}>
          {fill('Owe {n} minutes', { n: decision.owed_carry_over })}
        </PressButton>
      </div>
    </section>
  );
}

function Note({ id, flagged }: { id: string; flagged: boolean }) {
  const text = useSignal('');
  const done = useSignal(false);
  const { trouble, send, anew } = useSending(() => undefined);
  const submit = async () => {
    const note = text.value.trim();
    if (note !== '' && (await send((action) => http.note(id, { action, text: note })))) {
      text.value = '';
      done.value = true;
    }
  };
  return (
    <form
      class="stack"
      onSubmit={(event) => {
        event.preventDefault();
        void submit();
      }}
    >
      <div class="field">
        <label for="note">{BUTTONS.note}</label>
        <span class="hint">{flagged ? 'The safeguarding team reads it.' : 'The office reads it.'}</span>
        <textarea
          id="note"
          rows={3}
          maxLength={NOTE_MAX}
          value={text.value}
          onInput={(event) => {
            text.value = event.currentTarget.value;
            done.value = false;
            anew();
          }}
        />
      </div>
      {trouble.value && <p role="alert">{trouble.value}</p>}
      <div class="row">
        <PressButton type="submit" onPress={() => undefined}>
          Save note
        </PressButton>
        <span role="status">{done.value ? 'The note is saved.' : ''}</span>
      </div>
    </form>
  );
}
