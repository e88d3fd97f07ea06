/** The room's controls: always in this order, never disabled by a state. */

import { Ellipsis, MessageSquare, Mic, MicOff, Video, VideoOff } from 'lucide-preact';
import type { Kind, OwnDevice } from '../media/devices';
import type { Sound } from '../wire/types';
import { SoundSwitch } from './sound_switch';

interface Props {
  camera: OwnDevice;
  microphone: OwnDevice;
  sound: Sound;
  chatOpen: boolean;
  unread: number;
  onSwitch: (kind: Kind) => void;
  onSound: (sound: Sound) => void;
  onChat: () => void;
  onMore: () => void;
}

export function Controls(props: Props) {
  const micOn = props.microphone === 'on';
  const cameraOn = props.camera === 'on';
  return (
    <nav class="controls" aria-label="Controls">
      <button
        type="button"
        class="control"
        aria-pressed={micOn}
        aria-keyshortcuts="Control+D"
        onClick={() => props.onSwitch('microphone')}
      >
        {micOn ? <Mic aria-hidden="true" /> : <MicOff aria-hidden="true" />}
        <span>
          Microphone
          <Off on={micOn} />
        </span>
      </button>
      <button
        type="button"
        class="control"
        aria-pressed={cameraOn}
        aria-keyshortcuts="Control+E"
        onClick={() => props.onSwitch('camera')}
      >
        {cameraOn ? <Video aria-hidden="true" /> : <VideoOff aria-hidden="true" />}
        <span>
          Camera
          <Off on={cameraOn} />
        </span>
      </button>
      <SoundSwitch sound={props.sound} onChoose={props.onSound} />
      <button
        type="button"
        class="control"
        aria-expanded={props.chatOpen}
        aria-controls="panel"
        aria-keyshortcuts="F4"
        id="chat-control"
        onClick={props.onChat}
      >
        <MessageSquare aria-hidden="true" />
        <span>Chat{props.unread > 0 && <span class="count"> {props.unread} new</span>}</span>
      </button>
      <button type="button" class="control" aria-haspopup="dialog" onClick={props.onMore}>
        <Ellipsis aria-hidden="true" />
        <span>More</span>
      </button>
    </nav>
  );
}

/** Seen, not heard: a pressed button already says so. */
function Off({ on }: { on: boolean }) {
  return on ? null : <span aria-hidden="true"> off</span>;
}
