/** The room's keyboard (section 5) and the height that is really seen above a phone's keyboard. */

import type { RefObject } from 'preact';
import { useEffect } from 'preact/hooks';
import type { Kind } from '../media/devices';

interface RoomKeys {
  root: RefObject<HTMLElement | null>;
  enabled: boolean;
  togglePanel: () => void;
  closePanel: () => void;
  switchDevice: (kind: Kind) => void;
  switchSound: () => void;
}

/** Where F2 goes, in turn: controls, End (then Enter presses it), chat, picture. */
const STOPS = ['.controls button', '#ending button', '#write, .lower button', '.stage'];

function nextStop(root: HTMLElement): void {
  const at = STOPS.findIndex((stop) =>
    document.activeElement?.closest(stop.includes('controls') ? '.controls' : stop),
  );
  for (let step = 1; step <= STOPS.length; step++) {
    const stop = STOPS[(at + step + STOPS.length) % STOPS.length];
    const all = stop === undefined ? [] : [...root.querySelectorAll<HTMLElement>(stop)];
    const seen = all.find((element) => element.getClientRects().length > 0);
    if (seen !== undefined) {
      seen.focus();
      return;
    }
  }
}

export function fullScreen(): void {
  const done = document.fullscreenElement
    ? document.exitFullscreen()
    : document.documentElement.requestFullscreen();
  done.catch((error: unknown) => console.info('full screen', error));
}

export function useRoomKeys(keys: RoomKeys): void {
  useEffect(() => {
    const pressed = (event: KeyboardEvent) => {
      const command = event.ctrlKey || event.metaKey;
      const key = event.key.toLowerCase();
      if (!keys.enabled || event.repeat || event.altKey) return;
      if (event.key === 'F2' && keys.root.current !== null) nextStop(keys.root.current);
      else if (event.key === 'F4') keys.togglePanel();
      else if (event.key === 'F8') keys.switchSound();
      else if (command && !event.shiftKey && key === 'd') keys.switchDevice('microphone');
      else if (command && !event.shiftKey && key === 'e') keys.switchDevice('camera');
      else if (command && event.shiftKey && key === 'f') fullScreen();
      else {
        if (event.key === 'Escape') keys.closePanel();
        return;
      }
      event.preventDefault();
    };
    addEventListener('keydown', pressed);
    return () => removeEventListener('keydown', pressed);
  });
}

/** Under this height (px) a phone's keyboard is up, or the phone is small: the room says the same in fewer lines. */
const SHORT = 540;

/** A phone's keyboard covers the page without a resize: the room is as high as what is seen. */
export function useSeenHeight(root: RefObject<HTMLElement | null>): void {
  useEffect(() => {
    const viewport = window.visualViewport;
    if (!viewport) return;
    const follow = () => {
      // Pinch zoom shrinks the view too, and must not squeeze the room.
      const height = viewport.scale === 1 ? `${viewport.height}px` : '';
      root.current?.style.setProperty('--seen-height', height);
      if (root.current) root.current.dataset.short = String(viewport.scale === 1 && viewport.height < SHORT);
    };
    follow();
    viewport.addEventListener('resize', follow);
    return () => viewport.removeEventListener('resize', follow);
  }, [root]);
}
