/** The chat panel: messages, held ones, what is on its way, the line to write in. */

import { Flag, Send, X } from 'lucide-preact';
import { useEffect, useRef } from 'preact/hooks';
import { type Known, pupilName, TEACHER } from '../room/sides';
import type { ChatLine, Pending } from '../room/state';
import { BUTTONS, fill, MORE, ROOM } from '../words';
import { PressButton } from './basics';
import { ObservedNotice } from './notice';

/** As the wire has it, in code points. */
export const TEXT_MAX = 1_000;
/** A flag acts only where the list lay still under the finger. */
export const STILL_MS = 500;

export function authorOf(room: Known, line: Pick<ChatLine, 'side' | 'author'>): string {
  if (room.you.side !== null && line.side === room.you.side) return 'You';
  if (line.side === TEACHER) return line.author;
  return `${pupilName(room.lesson, line.side)}'s side (${line.author})`;
}

interface Props {
  room: Known;
  pending: readonly Pending[];
  draft: string;
  notice: string;
  onDraft: (text: string) => void;
  onSay: () => void;
  onClose: () => void;
  onFlag: (message: string) => void;
  onRelease: (message: string) => void;
  onWithhold: (message: string) => void;
}

export function ChatPanel(props: Props) {
  const { room } = props;
  const canFlag = room.status.can.includes('flag');
  return (
    <section class="panel day" id="panel" aria-label="Chat">
      <div class="head">
        <h2>Chat</h2>
        <ObservedNotice inside />
        <PressButton look="quiet" onPress={props.onClose}>
          <X aria-hidden="true" /> Close
        </PressButton>
      </div>
      <Messages {...props} canFlag={canFlag} />
      <Compose {...props} />
    </section>
  );
}

function Messages({ room, pending, canFlag, ...on }: Props & { canFlag: boolean }) {
  const list = useRef<HTMLUListElement>(null);
  const scrolledAt = useRef(Number.NEGATIVE_INFINITY);
  const count = room.chat.length + pending.length;
  // The newest message is below, whenever one came.
  useEffect(() => {
    const element = list.current;
    if (element !== null) element.scrollTop = element.scrollHeight;
  }, [count]);
  const still = () => performance.now() - scrolledAt.current >= STILL_MS;
  return (
    <ul
      class="messages"
      ref={list}
      tabIndex={0}
      aria-label="Messages"
      onScroll={() => (scrolledAt.current = performance.now())}
    >
      {canFlag && <li class="hint">{MORE.flag_head}</li>}
      {count === 0 && <li class="hint">Messages from this lesson will be here.</li>}
      {room.chat.map((line) => (
        <Line key={line.id} room={room} line={line} canFlag={canFlag} still={still} {...on} />
      ))}
      {pending.map((line) => (
        <li key={line.action} data-message="pending">
          <span class="by">You</span>
          <span class="text">{line.text}</span>
          <span class="state">Sending…</span>
        </li>
      ))}
    </ul>
  );
}

interface LineProps extends Pick<Props, 'onFlag' | 'onRelease' | 'onWithhold'> {
  room: Known;
  line: ChatLine;
  canFlag: boolean;
  still: () => boolean;
}

function Line({ room, line, canFlag, still, onFlag, onRelease, onWithhold }: LineProps) {
  const mine = line.side === room.you.side;
  if (line.kind !== 'message' && !mine) {
    return <HeldLine {...{ room, line, onFlag, onRelease, onWithhold }} />;
  }
  const state = { message: '', held: ROOM.held.author, unsent: ROOM.held.unsent }[line.kind];
  return (
    <li data-message={line.kind}>
      <span class="by">{authorOf(room, line)}</span>
      <span class="text">{line.text ?? 'This message is no longer kept.'}</span>
      {state && <span class="state">{state}</span>}
      {canFlag && !mine && line.kind === 'message' && (
        <button
          type="button"
          class="flag"
          aria-label={`Flag the message from ${authorOf(room, line)}: ends the lesson`}
          onClick={() => still() && onFlag(line.id)}
        >
          <Flag size={16} aria-hidden="true" /> Flag
        </button>
      )}
    </li>
  );
}

function HeldLine({ room, line, onFlag, onRelease, onWithhold }: Omit<LineProps, 'canFlag' | 'still'>) {
  const words = fill(ROOM.held.teacher, { pupil: pupilName(room.lesson, line.side), reason: line.reason });
  if (line.kind === 'unsent') {
    return (
      <li data-message="unsent">
        <span class="by">{authorOf(room, line)}</span>
        <span class="state">{ROOM.held.unsent}</span>
      </li>
    );
  }
  return (
    <li data-message="held">
      <div class="card">
        <p>{words}</p>
        <details>
          <summary>{BUTTONS.read}</summary>
          <p class="text">{line.text}</p>
        </details>
        <div class="row">
          {line.releasable && (
            <PressButton look="primary" onPress={() => onRelease(line.id)}>
              {BUTTONS.release}
            </PressButton>
          )}
          <PressButton onPress={() => onWithhold(line.id)}>Do not send it</PressButton>
          {room.status.can.includes('flag') && (
            <PressButton look="quiet" onPress={() => onFlag(line.id)}>
              {BUTTONS.flag}
            </PressButton>
          )}
        </div>
      </div>
    </li>
  );
}

function Compose({ draft, onDraft, onSay, notice }: Props) {
  const left = TEXT_MAX - [...draft].length;
  const submit = (event: Event) => {
    event.preventDefault();
    if (draft.trim() !== '' && left >= 0) onSay();
  };
  return (
    <form class="compose" onSubmit={submit}>
      {notice && <p class="said">{notice}</p>}
      {left < 100 && (
        <p class="said hint">{left >= 0 ? `${left} characters left.` : `${-left} characters too many.`}</p>
      )}
      <textarea
        id="write"
        aria-label="Write a message"
        placeholder="Write a message"
        value={draft}
        rows={1}
        onInput={(event) => onDraft(event.currentTarget.value)}
        onKeyDown={(event) => {
          if (event.key !== 'Enter' || event.shiftKey || event.isComposing) return;
          submit(event);
        }}
      />
      <PressButton look="primary" type="submit" onPress={() => undefined}>
        <Send size={20} aria-hidden="true" /> Send
      </PressButton>
    </form>
  );
}
