/** Menus of the cameras, microphones and speakers that this device has: in the device check and in the lesson. */

import { useSignal } from '@preact/signals';
import { useEffect, useId } from 'preact/hooks';
import type { Kind } from '../media/devices';
import { CHECK, DEVICES, fill } from '../words';
import { canChooseSpeaker, chooseSpeaker, speaker } from './speaker';

export type Listed = Pick<MediaDeviceInfo, 'kind' | 'deviceId' | 'label'>;

/** What is plugged in, as it changes. `turn`: names are told only once the page may use a device; ask again then. */
export function useDeviceList(turn = 0): readonly Listed[] {
  const list = useSignal<readonly Listed[]>([]);
  useEffect(() => {
    const media = navigator.mediaDevices;
    let here = true;
    const ask = () =>
      media?.enumerateDevices().then(
        (found) => {
          if (here) list.value = found;
        },
        (error: unknown) => console.info('devices', error),
      );
    ask();
    media?.addEventListener('devicechange', ask);
    return () => {
      here = false;
      media?.removeEventListener('devicechange', ask);
    };
  }, [turn]);
  return list.value;
}

const INPUT: Record<Kind, MediaDeviceKind> = { camera: 'videoinput', microphone: 'audioinput' };

interface MenuProps {
  kind: Kind;
  list: readonly Listed[];
  /** The id of the one in use. */
  chosen: string;
  onChoose: (id: string) => void;
}

/** Absent while there is nothing to choose from: before a permission, devices have no ids. */
export function DeviceMenu({ kind, list, chosen, onChoose }: MenuProps) {
  const devices = list.filter((device) => device.kind === INPUT[kind] && device.deviceId !== '');
  if (devices.length === 0) return null;
  return (
    <Menu label={CHECK.rows[kind]} chosen={chosen} onChoose={onChoose}>
      {devices.map((device, i) => [device.deviceId, nameOf(device, CHECK.rows[kind], i)])}
    </Menu>
  );
}

/** Absent where the browser does not let a page choose. */
export function SpeakerMenu({ list, onChoose }: { list: readonly Listed[]; onChoose?: () => void }) {
  const devices = list.filter((device) => device.kind === 'audiooutput' && device.deviceId !== '');
  if (!canChooseSpeaker() || devices.length === 0) return null;
  const choose = (id: string) => {
    chooseSpeaker(id);
    onChoose?.();
  };
  const named = devices
    .filter((device) => device.deviceId !== 'default')
    .map((device, i): [string, string] => [device.deviceId, nameOf(device, CHECK.rows.speaker, i)]);
  return (
    <Menu label={CHECK.rows.speaker} chosen={speaker.value} onChoose={choose}>
      {[['', DEVICES.default_speaker], ...named]}
    </Menu>
  );
}

function nameOf(device: Listed, kind: string, i: number): string {
  return device.label || fill(DEVICES.unnamed, { device: kind, n: i + 1 });
}

interface ChoiceProps {
  label: string;
  chosen: string;
  onChoose: (id: string) => void;
  children: [string, string][];
}

function Menu({ label, chosen, onChoose, children }: ChoiceProps) {
  const id = useId();
  return (
    <div class="field">
      <label for={id}>{label}</label>
      <select
        id={id}
        value={chosen}
        data-device={label}
        onChange={(event) => onChoose(event.currentTarget.value)}
      >
        {children.map(([value, name]) => (
          <option key={value} value={value} selected={value === chosen}>
            {name}
          </option>
        ))}
      </select>
    </div>
  );
}

/** A chosen device that cannot be used; the one before goes on. */
export function Refused({ kind }: { kind: Kind | null }) {
  return <p role="status">{kind === null ? '' : fill(DEVICES.refused, { device: kind })}</p>;
}
