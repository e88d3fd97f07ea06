/**
 * End lesson: one click, easy to find and hard to hit (section 5). It acts on release, only if press and release are
 * both on it; key repeat is ignored; after the device is turned it waits.
 */

import { LogOut, Square } from 'lucide-preact';
import { useEffect, useRef } from 'preact/hooks';

/** After the device is turned the button is somewhere else: a finger on its way must not hit it. */
export const TURNED_WAIT_MS = 500;

export function EndButton({ onEnd }: { onEnd: () => void }) {
  const pressed = useRef<number | null>(null);
  const keyed = useRef(false);
  const turnedAt = useRef(Number.NEGATIVE_INFINITY);
  useEffect(() => {
    const turned = () => {
      turnedAt.current = performance.now();
    };
    const query = matchMedia('(orientation: portrait)');
    query.addEventListener('change', turned);
    return () => query.removeEventListener('change', turned);
  }, []);
  const ready = () => performance.now() - turnedAt.current >= TURNED_WAIT_MS;
  return (
    <button
      type="button"
      class="button stop"
      onPointerDown={(event) => {
        pressed.current = event.isPrimary && event.button === 0 ? event.pointerId : null;
        event.currentTarget.setPointerCapture(event.pointerId);
      }}
      onPointerUp={(event) => {
        const same = pressed.current === event.pointerId;
        pressed.current = null;
        const box = event.currentTarget.getBoundingClientRect();
        const inside =
          event.clientX >= box.left &&
          event.clientX <= box.right &&
          event.clientY >= box.top &&
          event.clientY <= box.bottom;
        if (same && inside && ready()) onEnd();
      }}
      onPointerCancel={() => {
        pressed.current = null;
      }}
      onKeyDown={(event) => {
        if (event.key !== 'Enter' && event.key !== ' ') return;
        event.preventDefault();
        if (!event.repeat) keyed.current = true;
      }}
      onKeyUp={(event) => {
        if (event.key !== 'Enter' && event.key !== ' ') return;
        event.preventDefault();
        if (keyed.current && ready()) onEnd();
        keyed.current = false;
      }}
      onBlur={() => {
        keyed.current = false;
      }}
      // A click without a pointer or a key: a screen reader's or a switch's own way to press.
      onClick={(event) => {
        if (event.detail === 0 && ready()) onEnd();
      }}
    >
      <Square size={20} fill="currentColor" aria-hidden="true" /> End lesson
    </button>
  );
}

export function LeaveButton({ onLeave }: { onLeave: () => void }) {
  return (
    <button type="button" class="button leave" onClick={onLeave}>
      <LogOut size={20} aria-hidden="true" /> Leave
    </button>
  );
}
