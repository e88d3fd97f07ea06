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
  MicOff,
  MonitorSmartphone,
  Split,
  Unplug,
  UserRound,
  Volume2,
  Wrench,
} from 'lucide-preact';
import type { Act, IconName, Presentation } from '../room/presentation';
import { isEnded } from '../room/presentation';
import { PressButton } from './basics';

/** Two bars of four: the missing ones are seen as missing. */
function TwoBars(props: { class?: string; 'data-icon'?: string }) {
  return (
    <svg width="24" height="24" viewBox="0 0 24 24" aria-hidden="true" {...props}>
      {[0, 1, 2, 3].map((bar) => (
        <rect
          key={bar}
          x={2 + bar * 5.5}
          y={16 - bar * 4.5}
          width="4"
          height={6 + bar * 4.5}
          fill={bar < 2 ? 'currentColor' : 'none'}
          stroke="currentColor"
          stroke-width="1.5"
        />
      ))}
    </svg>
  );
}

const ICONS: Record<IconName, LucideIcon | typeof TwoBars> = {
  clock: Clock,
  hourglass: Hourglass,
  tool: Wrench,
  ring: LoaderCircle,
  dot: Circle,
  bars: TwoBars,
  broken: Unplug,
  person: UserRound,
  hand: Hand,
  fork: Split,
  calendar: CalendarDays,
  camera: CameraOff,
  microphone: MicOff,
  dotted: CircleDashed,
  speaker: Volume2,
  screen: MonitorSmartphone,
  check: CircleCheck,
};

const AROUND = 2 * Math.PI * 17;

/** What is left of a clock, around the state's own icon. */
function Ring({ share }: { share: number }) {
  return (
    <svg class="ring" viewBox="0 0 40 40" aria-hidden="true">
      <circle cx="20" cy="20" r="17" fill="none" stroke="var(--line)" stroke-width="4" />
      <circle
        cx="20"
        cy="20"
        r="17"
        fill="none"
        stroke="currentColor"
        stroke-width="4"
        stroke-dasharray={`${AROUND * share} ${AROUND}`}
      />
    </svg>
  );
}

function StateIcon({ shown }: { shown: Presentation }) {
  const Icon = ICONS[shown.icon];
  if (shown.ring === null) return <Icon class="icon" data-icon={shown.icon} aria-hidden="true" />;
  return (
    <span class="icon ringed">
      <Ring share={shown.ring} />
      {shown.icon !== 'ring' && <Icon class="icon" aria-hidden="true" />}
    </span>
  );
}

/** A sentence with the clock in its slot. */
export function Clocked({ text, shown }: { text: string; shown: Presentation }) {
  const [first = '', rest] = text.split('{m:ss}');
  if (rest === undefined || shown.clock === null) return <>{text}</>;
  // "3:12 left." stays on one line.
  const [, near = '', far = ''] = /^( \w+\.|[.,]?)(.*)$/s.exec(rest) ?? [];
  return (
    <>
      {first}
      <span class="clocked">
        <span role="timer" aria-live="off" aria-label="Clock">
          {shown.clock.text}
        </span>
        {near}
      </span>
      {far}
    </>
  );
}

interface Props {
  shown: Presentation;
  /** Takes the second line for a moment: why something just asked for was not done. */
  notice: string;
  /** Takes it only where nothing is the matter: no clock and no trouble waits for what is merely good to know. */
  advice?: string;
  act: (act: Act) => void;
}

const NOTHING_THE_MATTER: ReadonlySet<string> = new Set(['before', 'live']);

/** Headline and second line together: from here on they are set closer, so that they keep to their place. */
const LONG = 170;

export function StatusLine({ shown, notice, advice = '', act }: Props) {
  const over = isEnded(shown.state);
  const Heading = over ? 'h2' : 'p';
  const said = notice || (NOTHING_THE_MATTER.has(shown.state) ? advice : '');
  const second = said || shown.second;
  return (
    <section
      class={shown.state === 'sound_blocked' ? 'status whole' : 'status'}
      aria-label="Status"
      tabIndex={0}
      data-state={shown.state}
      data-tone={shown.tone}
      data-long={shown.headline.length + second.length > LONG}
    >
      <StateIcon shown={shown} />
      <Heading class="headline" tabIndex={over ? -1 : undefined} id={over ? 'ended' : undefined}>
        <Clocked text={shown.headline} shown={shown} />
      </Heading>
      {second && (
        <p class={said ? 'second said' : 'second'}>
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
