/** The room's dialogs: each was opened by the person. */

import { useSignal } from '@preact/signals';
import type { ComponentChildren } from 'preact';
import { KINDS, type Kind } from '../media/devices';
import type { HelpTopic } from '../room/presentation';
import { adultWord, type Known, pupilName, TEACHER } from '../room/sides';
import type { Choice, PartStatus } from '../wire/types';
import { BUTTONS, DEVICES, fill, HELP, SOUND, WARNINGS } from '../words';
import { Allow } from './allow';
import { Dialog, PressButton } from './basics';
import { DeviceMenu, Refused, SpeakerMenu, useDeviceList } from './device_menu';
import { fullScreen } from './keys';
import { ownPlace } from './own_place';
import type { CheckInPupil, RoomPort } from './room_view';
import { SoundSwitch } from './sound_switch';

export type Open =
  | { what: 'more' }
  | { what: 'devices' }
  | { what: 'help'; topic: HelpTopic | 'all' }
  | { what: 'worry' }
  | { what: 'missed' }
  | { what: 'warn'; pupil: string }
  | { what: 'decide'; pupil: string }
  | { what: 'remove'; pupil: string }
  | { what: 'check_in'; pupil: string };

interface Props {
  open: Open;
  room: Known;
  session: RoomPort;
  checkIn: (pupil: CheckInPupil, done: (forgotten: boolean) => void) => ComponentChildren;
  onOpen: (open: Open) => void;
  onClose: () => void;
  onLeave: () => void;
}

export function RoomDialog(props: Props) {
  const { open } = props;
  switch (open.what) {
    case 'more':
      return <More {...props} />;
    case 'devices':
      return <Devices {...props} />;
    case 'help':
      return <Help {...props} topic={open.topic} />;
    case 'worry':
      return <Worry {...props} />;
    case 'missed':
      return <Missed {...props} />;
    case 'warn':
      return <Warn {...props} pupil={open.pupil} />;
    case 'decide':
      return <Decision {...props} pupil={open.pupil} />;
    case 'remove':
      return <Remove {...props} pupil={open.pupil} />;
    case 'check_in':
      return <CheckIn {...props} pupil={open.pupil} />;
  }
}

function More({ room, session, onOpen, onClose, onLeave }: Props) {
  const { can, parts } = room.status;
  const teacher = room.you.role === 'teacher';
  const running = parts.filter((part) => part.phase !== 'over');
  const then = (action: () => void) => () => {
    onClose();
    action();
  };
  const place = ownPlace.value;
  return (
    <Dialog title="More" onClose={onClose} night>
      <div class="choices">
        <div class="lying">
          <SoundSwitch sound={room.here.sound} onChoose={(sound) => void session.chooseSound(sound)} />
        </div>
        <PressButton onPress={() => onOpen({ what: 'devices' })}>{DEVICES.menu}</PressButton>
        {can.includes('cannot_see') && (
          <PressButton onPress={then(() => session.cannotSee())}>I cannot see or hear them</PressButton>
        )}
        {!teacher &&
          can.includes('adult_out') &&
          running.map((part) => (
            <PressButton
              key={part.pupil}
              onPress={then(() => session.ask({ type: 'adult_out', pupil: part.pupil }))}
            >
              The {adultWord(room.lesson, part.pupil)} is leaving the room
            </PressButton>
          ))}
        {teacher &&
          can.includes('warn') &&
          running.map((part) => (
            <PressButton key={part.pupil} onPress={() => onOpen({ what: 'warn', pupil: part.pupil })}>
              Give a conduct warning{running.length > 1 ? ` to ${pupilName(room.lesson, part.pupil)}` : ''}
            </PressButton>
          ))}
        {teacher &&
          can.includes('remove') &&
          running.length > 1 &&
          running.map((part) => (
            <PressButton
              key={`remove ${part.pupil}`}
              onPress={() => onOpen({ what: 'remove', pupil: part.pupil })}
            >
              Remove {pupilName(room.lesson, part.pupil)} from this lesson
            </PressButton>
          ))}
        <PressButton onPress={then(() => (ownPlace.value = { ...place, hidden: !place.hidden }))}>
          {place.hidden ? 'Show your own picture' : 'Hide your own picture'}
        </PressButton>
        {!place.hidden && (
          <PressButton onPress={then(() => (ownPlace.value = { ...place, left: !place.left }))}>
            Move your own picture to the other corner
          </PressButton>
        )}
        {document.fullscreenEnabled && <PressButton onPress={then(fullScreen)}>Full screen</PressButton>}
        <PressButton onPress={() => onOpen({ what: 'help', topic: 'all' })}>Help and keyboard</PressButton>
        {teacher && (
          <PressButton onPress={() => onOpen({ what: 'worry' })}>
            If a child tells you something worrying
          </PressButton>
        )}
        {teacher && can.includes('leave') && (
          <PressButton onPress={onLeave}>Step out, keep the lesson open</PressButton>
        )}
      </div>
    </Dialog>
  );
}

const TOPICS: Record<Exclude<HelpTopic, 'adult'>, string> = {
  camera: 'Camera',
  microphone: 'Microphone',
  media: 'Picture and sound do not get through',
};

/** Camera, microphone and speaker: another takes over at once, without leaving the lesson. */
function Devices({ session, onClose }: Props) {
  const list = useDeviceList();
  const own = session.media?.own;
  const refused = useSignal<Kind | null>(null);
  // Read for its change: a chosen device is one when its track has come.
  const turn = session.mediaTurn.value;
  const choose = (kind: Kind) => async (id: string) => {
    refused.value = null;
    if (!(await own?.choose(kind, id))) refused.value = kind;
  };
  return (
    <Dialog title={DEVICES.menu} onClose={onClose} night>
      <div class="stack" data-turn={turn}>
        {KINDS.map((kind) => (
          <DeviceMenu
            key={kind}
            kind={kind}
            list={list}
            chosen={own?.chosen(kind) ?? ''}
            onChoose={choose(kind)}
          />
        ))}
        <SpeakerMenu list={list} />
        <Refused kind={refused.value} />
      </div>
    </Dialog>
  );
}

function Help({ topic, room, session, onClose }: Props & { topic: HelpTopic | 'all' }) {
  const camera = room.here.camera === 'blocked';
  const microphone = room.here.microphone === 'blocked';
  const blocked = { camera, microphone, media: false };
  const topics =
    topic === 'all' || topic === 'adult' ? (['camera', 'microphone', 'media'] as const) : ([topic] as const);
  return (
    <Dialog title={topic === 'all' ? 'Help' : 'Things to try'} onClose={onClose} night>
      <div class="stack">
        {topics.some((one) => blocked[one]) && <Allow camera={camera} microphone={microphone} />}
        {topics
          .filter((one) => !blocked[one])
          .map((one) => (
            <section key={one} class="stack tight">
              <h3>{TOPICS[one]}</h3>
              <ol class="steps">
                {HELP[one].map((step) => (
                  <li key={step}>{step}</li>
                ))}
              </ol>
            </section>
          ))}
        <PressButton
          look="primary"
          onPress={() => {
            session.tryDevices();
            onClose();
          }}
        >
          {BUTTONS.again}
        </PressButton>
        {topic === 'all' && <Keyboard />}
      </div>
    </Dialog>
  );
}

const KEYS = [
  ['F2', 'Controls, again: End, again: chat, again: picture'],
  ['Ctrl or ⌘ D', 'Microphone'],
  ['Ctrl or ⌘ E', 'Camera'],
  ['F4', 'Chat'],
  ['F8', `${SOUND.talking} or ${SOUND.music.toLowerCase()}`],
  ['Ctrl or ⌘ Shift F', 'Full screen'],
  ['Esc', 'Closes the panel'],
] as const;

function Keyboard() {
  return (
    <section class="stack tight">
      <h3>Keyboard</h3>
      <dl class="facts">
        {KEYS.map(([key, what]) => (
          <>
            <dt key={key}>{key}</dt>
            <dd>{what}</dd>
          </>
        ))}
      </dl>
    </section>
  );
}

/** The same in every lesson, always: opening it tells nobody anything. */
function Worry({ onClose }: Props) {
  return (
    <Dialog title="If a child tells you something worrying" onClose={onClose} night>
      <ul class="stack">
        <li>Listen, and stay calm. Let them use their own words.</li>
        <li>Do not promise to keep it a secret. Say that you have to tell somebody who can help.</li>
        <li>Do not ask questions that suggest an answer.</li>
        <li>Tell the safeguarding team straight after the lesson. If a child is in danger now, ring 999.</li>
      </ul>
    </Dialog>
  );
}

function Missed({ session, onClose }: Props) {
  return (
    <Dialog title="Record this as a missed lesson?" onClose={onClose} night>
      <div class="stack">
        <p>The lesson ends now. It is recorded as missed.</p>
        <div class="row">
          <PressButton
            look="primary"
            onPress={() => {
              session.ask({ type: 'end_as_missed' });
              onClose();
            }}
          >
            {BUTTONS.record_missed}
          </PressButton>
          <PressButton onPress={onClose}>{BUTTONS.keep_waiting}</PressButton>
        </div>
      </div>
    </Dialog>
  );
}

function Warn({ pupil, session, onClose }: Props & { pupil: string }) {
  return (
    <Dialog title="What would you like to change?" onClose={onClose} night>
      <div class="choices">
        {WARNINGS.map((reason) => (
          <PressButton
            key={reason}
            onPress={() => {
              session.ask({ type: 'warn', reason, pupil });
              onClose();
            }}
          >
            {reason}
          </PressButton>
        ))}
      </div>
    </Dialog>
  );
}

function Decision({ pupil, room, session, onClose }: Props & { pupil: string }) {
  const part = room.status.parts.find((p) => p.pupil === pupil);
  const choose = (choice: Choice) => () => {
    session.ask({ type: 'decide', choose: choice, pupil });
    onClose();
  };
  return (
    <Dialog title="What happens with the lost time?" onClose={onClose} night>
      <div class="choices">
        {choicesOf(part, room).map(([choice, words]) => (
          <PressButton key={choice} onPress={choose(choice)}>
            {words}
          </PressButton>
        ))}
      </div>
    </Dialog>
  );
}

function choicesOf(part: PartStatus | undefined, room: Known): [Choice, string][] {
  if (part === undefined) return [];
  const all: [Choice, string][] = [
    ['abort', BUTTONS.abort],
    ['carry_over', fill(BUTTONS.carry_over, { n: part.owed_carry_over })],
  ];
  if (room.status.can.includes('teach_on'))
    all.push(['teach_on', fill(BUTTONS.teach_on, { n: part.owed_teach_on })]);
  return all;
}

function Remove({ pupil, room, session, onClose }: Props & { pupil: string }) {
  const name = pupilName(room.lesson, pupil);
  return (
    <Dialog title={`Remove ${name} from this lesson?`} onClose={onClose} night>
      <div class="stack">
        <p>The lesson goes on for the others. {name} cannot come back to it.</p>
        <div class="row">
          <PressButton
            look="primary"
            onPress={() => {
              session.ask({ type: 'remove', pupil });
              onClose();
            }}
          >
            Remove from this lesson
          </PressButton>
          <PressButton onPress={onClose}>Keep {name} in</PressButton>
        </div>
      </div>
    </Dialog>
  );
}

function CheckIn({ pupil, room, checkIn, onClose }: Props & { pupil: string }) {
  const part = room.status.parts.find((p) => p.pupil === pupil);
  const word = adultWord(room.lesson, pupil);
  const info = { id: pupil, adult_word: word, stays: part?.adult_stays ?? false };
  if (pupil === TEACHER) return null;
  return (
    <Dialog title={`Who is the ${word} in the room?`} onClose={onClose}>
      {checkIn(info, onClose)}
    </Dialog>
  );
}
