/** `/lessons/ID/device-check` (B4): camera, microphone, speaker and line, then "Get ready". Warns, never blocks. */

import { useComputed, useSignal } from '@preact/signals';
import type { ComponentChildren } from 'preact';
import { useEffect, useMemo, useRef } from 'preact/hooks';
import { allGood, inTrouble, markOf, notProven, type RowName } from '../media/check';
import type { Kind } from '../media/devices';
import { supported } from '../media/media';
import { names } from '../room/sides';
import { Allow } from '../ui/allow';
import { PressButton } from '../ui/basics';
import { CheckRow } from '../ui/check_row';
import { DeviceMenu, Refused, SpeakerMenu, useDeviceList } from '../ui/device_menu';
import { LineDetails } from '../ui/line_details';
import { Meter } from '../ui/meter';
import { Picture } from '../ui/picture';
import { type Card, http, type Me } from '../wire/http';
import { CHECK, fill } from '../words';
import { DeviceCheckSession } from './device_check_session';
import { go, lessonPath } from './router';
import { Loaded, NotFound, Site } from './site';
import { asksAdult } from './start';
import { Unsupported } from './unsupported';

/** What the page needs of a check: a recorded one will do (the gallery). */
export type CheckPort = Pick<
  DeviceCheckSession,
  | 'rows'
  | 'level'
  | 'facts'
  | 'taking'
  | 'on'
  | 'heardBefore'
  | 'refused'
  | 'turn'
  | 'own'
  | 'canRecord'
  | 'turnOn'
  | 'choose'
  | 'measure'
  | 'playNote'
  | 'heard'
  | 'speakerChosen'
  | 'record'
>;

interface PageProps {
  id: string;
  /** Whose side, of a family with several pupils in it. */
  pupil: string | null;
  role: Me['role'];
}

export function DeviceCheckPage({ id, pupil, role }: PageProps) {
  if (role !== 'teacher' && role !== 'family') return <NotFound />;
  if (!supported()) return <Unsupported />;
  return (
    <Loaded title={CHECK.title} load={() => http.after(id, pupil)}>
      {({ card }) => <Checking card={card} pupil={pupil} role={role} />}
    </Loaded>
  );
}

/** The way on: an adult's check-in where one is asked for, else the room; home while the room is closed. */
export function nextOf(card: Card, pupil: string | null, role: Me['role']): string {
  if (card.state !== 'open' || !card.confirmed) return '/';
  return lessonPath(card.id, role === 'family' && asksAdult(card) ? '/check-in' : '', pupil);
}

function Checking({ card, pupil, role }: { card: Card; pupil: string | null; role: Me['role'] }) {
  const ready = useSignal(false);
  // Going back from "Get ready" is another check: the camera was off meanwhile.
  const session = useMemo(() => (ready.value ? null : new DeviceCheckSession()), [ready.value]);
  const last = useRef<CheckPort | null>(null);
  // Who comes back from it wants to look: the page does not run on by itself again.
  const wasReady = useRef(false);
  if (session !== null) last.current = session;
  useEffect(() => {
    session?.start();
    return () => session?.dispose();
  }, [session]);
  const other = role === 'teacher' ? names(card.pupils.map((p) => p.first_name)) : card.teacher_name;
  const on = () => {
    ready.value = true;
    wasReady.current = true;
    scrollTo(0, 0);
  };
  if (last.current === null) return null;
  return ready.value ? (
    <GetReady
      check={last.current}
      other={other}
      onBack={() => (ready.value = false)}
      onDone={() => go(nextOf(card, pupil, role))}
    />
  ) : (
    <CheckView check={last.current} other={other} byItself={!wasReady.current} onContinue={on} />
  );
}

interface ViewProps {
  check: CheckPort;
  /** Whom the lesson is with. */
  other: string;
  /** On a known device only trouble stops: nobody has to press for what is well. */
  byItself: boolean;
  onContinue: () => void;
}

export function CheckView({ check, other, byItself, onContinue }: ViewProps) {
  const rows = check.rows.value;
  const on = check.on.value;
  const list = useDeviceList(check.turn.value);
  const done = useComputed(() => allGood(check.rows.value)).value;
  const self = byItself && check.heardBefore.value && done;
  useEffect(() => {
    if (self) onContinue();
  }, [self]);
  return (
    <Site title={CHECK.title}>
      <h1>{CHECK.title}</h1>
      {!on && (
        <div class="stack">
          <p>{fill(CHECK.why, { other })}</p>
          <PressButton look="primary" class="start" onPress={() => void check.turnOn()}>
            {CHECK.turn_on}
          </PressButton>
        </div>
      )}
      <ul class="cards checks">
        <CheckRow row="camera" state={rows.camera}>
          <Camera check={check} />
          <Device check={check} kind="camera" list={list} />
        </CheckRow>
        <CheckRow row="microphone" state={rows.microphone}>
          <Microphone check={check} />
          <Device check={check} kind="microphone" list={list} />
        </CheckRow>
        <CheckRow row="speaker" state={rows.speaker} before={check.heardBefore.value}>
          <Speaker check={check} />
          <SpeakerMenu list={list} onChoose={() => check.speakerChosen()} />
        </CheckRow>
        <CheckRow row="connection" state={rows.connection}>
          <Line check={check} />
        </CheckRow>
      </ul>
      <PressButton look={on ? 'primary' : 'secondary'} class="start" onPress={onContinue}>
        {CHECK.continue}
      </PressButton>
    </Site>
  );
}

function Device({
  check,
  kind,
  list,
}: {
  check: CheckPort;
  kind: Kind;
  list: Parameters<typeof DeviceMenu>[0]['list'];
}) {
  const state = check.rows.value[kind];
  const again = state === 'blocked' || state === 'missing' || state === 'in_use';
  return (
    <>
      {state === 'blocked' && <Allow camera={kind === 'camera'} microphone={kind === 'microphone'} />}
      {again && <PressButton onPress={() => void check.turnOn()}>{CHECK.again}</PressButton>}
      {check.on.value && (
        <DeviceMenu
          kind={kind}
          list={list}
          chosen={check.own.chosen(kind)}
          onChoose={(id) => void check.choose(kind, id)}
        />
      )}
      {check.refused.value === kind && <Refused kind={kind} />}
    </>
  );
}

function Camera({ check }: { check: CheckPort }) {
  const camera = check.own.tracks.camera;
  if (camera === null) return null;
  return (
    <div class="mirror" data-turn={check.turn.value}>
      <Picture tracks={[camera]} label="Your own picture, mirrored" muted />
    </div>
  );
}

function Microphone({ check }: { check: CheckPort }) {
  if (check.own.tracks.microphone === null) return null;
  const taking = check.taking.value;
  const words = {
    no: CHECK.microphone.record,
    recording: CHECK.microphone.recording,
    playing: CHECK.microphone.playing,
  };
  return (
    <>
      <Meter level={check.level.value} />
      {check.canRecord && (
        <>
          <PressButton class="start" onPress={() => check.record()}>
            <span aria-live="polite">{words[taking]}</span>
          </PressButton>
          <p class="hint">{CHECK.microphone.kept}</p>
        </>
      )}
    </>
  );
}

function Speaker({ check }: { check: CheckPort }) {
  const asking = check.rows.value.speaker === 'asking';
  return (
    <div class="row">
      <PressButton
        onPress={() => void check.playNote().catch((error: unknown) => console.info('note', error))}
      >
        {CHECK.speaker.play}
      </PressButton>
      {asking && (
        <>
          <PressButton onPress={() => check.heard(true)}>{CHECK.speaker.yes}</PressButton>
          <PressButton onPress={() => check.heard(false)}>{CHECK.speaker.no}</PressButton>
        </>
      )}
    </div>
  );
}

function Line({ check }: { check: CheckPort }) {
  const state = check.rows.value.connection;
  const facts = check.facts.value;
  return (
    <>
      {state !== 'good' && markOf(state) !== 'busy' && (
        <PressButton onPress={() => void check.measure()}>{CHECK.again}</PressButton>
      )}
      {facts !== null && <LineDetails facts={facts} rows={check.rows.value} />}
    </>
  );
}

interface ReadyProps {
  check: Pick<CheckPort, 'rows'>;
  other: string;
  onBack: () => void;
  onDone: () => void;
}

export function GetReady({ check, other, onBack, onDone }: ReadyProps) {
  const rows = check.rows.value;
  const trouble = inTrouble(rows);
  const unknown = notProven(rows);
  const heading = useRef<HTMLHeadingElement>(null);
  useEffect(() => heading.current?.focus(), []);
  return (
    <Site title={CHECK.ready_title}>
      <h1 ref={heading} tabIndex={-1}>
        {CHECK.ready_title}
      </h1>
      <div class="ready">
        {Object.values(CHECK.ready).map(({ title, lines }) => (
          <Group key={title} title={title}>
            {lines.map((line) => (
              <li key={line}>{line}</li>
            ))}
          </Group>
        ))}
      </div>
      {trouble.length > 0 && (
        <section class="banner wait" aria-labelledby="will-not">
          <h2 id="will-not">{CHECK.consequences}</h2>
          <ul class="stack tight">
            {trouble.map((row) => (
              <li key={row}>{fill(consequenceOf(row, rows), { other })}</li>
            ))}
          </ul>
          <p>{CHECK.fixes}</p>
        </section>
      )}
      {unknown.length > 0 && (
        <p>{fill(CHECK.not_proven, { what: names(unknown.map((row) => CHECK.rows[row].toLowerCase())) })}</p>
      )}
      <p class="hint">{CHECK.checks_off}</p>
      <div class="row">
        <PressButton look="primary" onPress={onDone}>
          {trouble.length > 0 ? CHECK.anyway : CHECK.we_are_ready}
        </PressButton>
        <PressButton look="quiet" onPress={onBack}>
          {CHECK.back}
        </PressButton>
      </div>
    </Site>
  );
}

function consequenceOf(row: RowName, rows: CheckPort['rows']['value']): string {
  if (row !== 'connection') return CHECK.will_not[row];
  const state = rows.connection;
  return state === 'slow' || state === 'unreachable' ? CHECK.will_not[state] : CHECK.will_not.blocked;
}

function Group({ title, children }: { title: string; children: ComponentChildren }) {
  return (
    <section class="card">
      <h2>{title}</h2>
      <ul class="ticks">{children}</ul>
    </section>
  );
}
