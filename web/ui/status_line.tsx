/** The one place to look: icon, headline with its clock, one second line, at most two actions. */

import {
  CalendarDays,
  CameraOff,
  Circle,
  CircleCheck,
  CircleDashed,
  Clock,
  Hand,
  Hourglass,
  LoaderCircle,
  type LucideIcon,
  MonitorSmartphone,
  SignalLow,
  Split,
  Unplug,
  UserRound,
  Volume2,
  Wrench,
} from 'lucide-preact';
import type { Act, IconName, Presentation } from '../room/presentation';
import { isEnded } from '../room/presentation';
import { PressButton } from './basics';

const ICONS: Record<IconName, LucideIcon> = {
  clock: Clock,
  hourglass: Hourglass,
  tool: Wrench,
  ring: LoaderCircle,
  dot: Circle,
  bars: SignalLow,
  broken: Unplug,
  person: UserRound,
  hand: Hand,
  fork: Split,
  calendar: CalendarDays,
  camera: CameraOff,
  dotted: CircleDashed,
  speaker: Volume2,
  screen: MonitorSmartphone,
  check: CircleCheck,
};

const AROUND = 2 * Math.PI * 10;

function Ring({ share }: { share: number }) {
  return (
    <svg class="ring icon" viewBox="0 0 28 28" aria-hidden="true">
      <circle cx="14" cy="14" r="10" fill="none" stroke="var(--line)" stroke-width="4" />
      <circle
        cx="14"
        cy="14"
        r="10"
        fill="none"
        stroke="currentColor"
        stroke-width="4"
        stroke-dasharray={`${AROUND * share} ${AROUND}`}
      />
    </svg>
  );
}

/** A sentence with the clock in its slot. */
export function Clocked({ text, shown }: { text: string; shown: Presentation }) {
  const [first = '', ...rest] = text.split('{m:ss}');
  if (rest.length === 0 || shown.clock === null) return <>{text}</>;
  return (
    <>
      {first}
      <span role="timer" aria-live="off" aria-label="Clock">
        {shown.clock.text}
      </span>
      {rest.join('')}
    </>
  );
}

interface Props {
  shown: Presentation;
  /** Takes the second line for a moment: why something just asked for was not done. */
  notice: string;
  act: (act: Act) => void;
}

export function StatusLine({ shown, notice, act }: Props) {
  const Icon = ICONS[shown.icon];
  const over = isEnded(shown.state);
  const Heading = over ? 'h2' : 'p';
  const share = shown.clock?.share ?? null;
  const second = notice || shown.second;
  return (
    <section
      class={shown.state === 'sound_blocked' ? 'status whole' : 'status'}
      aria-label="Status"
      tabIndex={0}
      data-state={shown.state}
      data-tone={shown.tone}
    >
      {share === null ? <Icon class="icon" aria-hidden="true" /> : <Ring share={share} />}
      <Heading class="headline" tabIndex={over ? -1 : undefined} id={over ? 'ended' : undefined}>
        <Clocked text={shown.headline} shown={shown} />
      </Heading>
      {second && (
        <p class="second">
          <Clocked text={second} shown={shown} />
        </p>
      )}
      {shown.buttons.length > 0 && (
        <div class="actions">
          <Actions shown={shown} act={act} />
        </div>
      )}
    </section>
  );
}

export function Actions({ shown, act }: Pick<Props, 'shown' | 'act'>) {
  return (
    <>
      {shown.buttons.map((button) => (
        <PressButton
          key={button.key}
          look={button.primary ? 'primary' : 'secondary'}
          onPress={() => act(button.act)}
        >
          {button.words}
        </PressButton>
      ))}
    </>
  );
}
