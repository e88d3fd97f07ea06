/** The adult's check-in (B1), as a page before the room and as a dialog in it. */

import { useSignal } from '@preact/signals';
import { Field, Link, PressButton } from '../ui/basics';
import { type CardPupil, http, Refusal } from '../wire/http';
import { fill, PROMISE, sentence } from '../words';
import { me } from './me';
import { go, lessonPath } from './router';
import { Loaded, ourFault, Site } from './site';

export const PIN_DIGITS = 6;

interface FormProps {
  lesson: string;
  teacher: string;
  pupil: Pick<CardPupil, 'id' | 'adult_word'> & { stays: boolean };
  onDone: (forgotten: boolean) => void;
}

export function CheckInForm({ lesson, teacher, pupil, onDone }: FormProps) {
  const name = useSignal(me.value?.name ?? '');
  const pin = useSignal('');
  const forgot = useSignal(false);
  const wrong = useSignal<{ name?: string; pin?: string; other?: string }>({});
  const busy = useSignal(false);
  const action = useSignal(crypto.randomUUID());
  const send = async () => {
    const digits = pin.value.replace(/\s/g, '');
    const mistakes: { name?: string; pin?: string } = {};
    if (name.value.trim() === '') mistakes.name = 'Enter your name';
    if (!forgot.value && !/^\d{6}$/.test(digits))
      mistakes.pin = `Enter the ${PIN_DIGITS} digits of the family PIN`;
    wrong.value = mistakes;
    if (mistakes.name || mistakes.pin || busy.value) return;
    busy.value = true;
    try {
      const body = {
        action: action.value,
        pupil: pupil.id,
        name: name.value.trim(),
        pin: forgot.value ? null : digits,
      };
      await http.checkIn(lesson, body);
      onDone(forgot.value);
    } catch (error) {
      if (!(error instanceof Refusal)) throw error;
      const text = error.passing ? ourFault() : error.text;
      wrong.value = error.code === 'wrong_pin' ? { pin: text } : { other: text };
      // Another try is another action: the one before was answered.
      if (!error.passing) action.value = crypto.randomUUID();
    } finally {
      busy.value = false;
    }
  };
  const problem = Object.values(wrong.value).filter(Boolean);
  return (
    <form
      class="stack"
      noValidate
      onSubmit={(event) => {
        event.preventDefault();
        void send();
      }}
    >
      {problem.length > 0 && (
        <div class="banner stop" role="alert">
          {problem.map((text) => (
            <p key={text}>{text}</p>
          ))}
        </div>
      )}
      {!pupil.stays && (
        <p>An adult checks in now and comes back for the end. In between, stay where you can hear.</p>
      )}
      <Field
        label="Your name"
        name="name"
        value={name.value}
        onInput={(value) => (name.value = value)}
        autocomplete="name"
        {...(wrong.value.name ? { wrong: wrong.value.name } : {})}
      />
      {forgot.value ? (
        <p>{fill('{teacher} will look for you on the screen.', { teacher })}</p>
      ) : (
        <Field
          label="Family PIN"
          name="pin"
          hint={`${PIN_DIGITS} digits`}
          value={pin.value}
          onInput={(value) => (pin.value = value)}
          inputMode="numeric"
          maxLength={12}
          {...(wrong.value.pin ? { wrong: wrong.value.pin } : {})}
        />
      )}
      <div class="row">
        <PressButton look="primary" type="submit" onPress={() => undefined}>
          {busy.value ? 'Checking in…' : pupil.stays ? 'I am here for the whole lesson' : 'I am here now'}
        </PressButton>
        <PressButton look="quiet" onPress={() => (forgot.value = !forgot.value)}>
          {forgot.value ? 'I know the PIN' : 'I forgot the PIN'}
        </PressButton>
      </div>
    </form>
  );
}

/** `pupil`: for whom, of a family with several in the lesson. */
export function CheckInPage({ id, pupil: whose }: { id: string; pupil: string | null }) {
  const room = lessonPath(id, '', whose);
  return (
    <Loaded title="Check in" load={() => http.after(id, whose)}>
      {({ card }) => {
        const pupil = card.pupils.find((p) => p.adult !== 'not_needed');
        const into = () => go(room);
        return (
          <Site title="Check in">
            <h1>{pupil ? `Who is the ${pupil.adult_word} in the room?` : 'No check-in is needed'}</h1>
            <p class="promise">{PROMISE}</p>
            {pupil ? (
              <CheckInForm
                lesson={id}
                teacher={card.teacher_name}
                pupil={{ ...pupil, stays: pupil.adult === 'stays' }}
                onDone={into}
              />
            ) : (
              <Link to={room} look="primary">
                Join lesson
              </Link>
            )}
            {pupil && (
              <p class="hint">
                {sentence(pupil.adult_word)} not there yet? You can go in and check in later:{' '}
                <Link to={room}>go to the room</Link>
              </p>
            )}
          </Site>
        );
      }}
    </Loaded>
  );
}
