/** Small parts of every page: buttons, fields, dialogs, the frame of a page. */

import { X } from 'lucide-preact';
import type { ComponentChildren } from 'preact';
import { useEffect, useId, useRef } from 'preact/hooks';
import { go } from '../pages/router';

type Look = 'primary' | 'secondary' | 'quiet' | 'stop';

interface ButtonProps {
  look?: Look;
  onPress: () => void;
  children: ComponentChildren;
  type?: 'button' | 'submit';
  class?: string;
}

export function PressButton({
  look = 'secondary',
  onPress,
  children,
  type = 'button',
  class: more = '',
}: ButtonProps) {
  return (
    <button type={type} class={`button ${look} ${more}`} onClick={onPress}>
      {children}
    </button>
  );
}

interface LinkProps {
  to: string;
  children: ComponentChildren;
  look?: Look;
  class?: string;
  id?: string;
  /** Before the page changes. */
  onFollow?: () => void;
  /** A pointer goes down on it: it may be followed in a moment. */
  onNear?: () => void;
}

/** A link within the client: the page changes without a load. */
export function Link({ to, children, look, class: more = '', id, onFollow, onNear }: LinkProps) {
  const follow = (event: MouseEvent) => {
    if (event.ctrlKey || event.metaKey || event.shiftKey || event.button !== 0) return;
    event.preventDefault();
    onFollow?.();
    go(to);
  };
  return (
    <a
      {...(id === undefined ? {} : { id })}
      href={to}
      class={look ? `button ${look} ${more}` : more}
      onClick={follow}
      {...(onNear === undefined ? {} : { onPointerDown: onNear })}
    >
      {children}
    </a>
  );
}

interface FieldProps {
  label: string;
  name: string;
  value: string;
  onInput: (value: string) => void;
  hint?: string;
  wrong?: string;
  inputMode?: 'numeric' | 'text';
  autocomplete?: 'name' | 'off';
  maxLength?: number;
}

export function Field(props: FieldProps) {
  const id = useId();
  const described = [props.hint ? `${id}-hint` : '', props.wrong ? `${id}-wrong` : '']
    .filter(Boolean)
    .join(' ');
  return (
    <div class={props.wrong ? 'field mistaken' : 'field'}>
      <label for={id}>{props.label}</label>
      {props.hint && (
        <span class="hint" id={`${id}-hint`}>
          {props.hint}
        </span>
      )}
      {props.wrong && (
        <span class="wrong" id={`${id}-wrong`}>
          {props.wrong}
        </span>
      )}
      <input
        id={id}
        name={props.name}
        value={props.value}
        inputMode={props.inputMode ?? 'text'}
        autocomplete={props.autocomplete ?? 'off'}
        maxLength={props.maxLength ?? 100}
        aria-describedby={described || undefined}
        aria-invalid={props.wrong ? true : undefined}
        onInput={(event) => props.onInput(event.currentTarget.value)}
      />
    </div>
  );
}

interface DialogProps {
  title: string;
  onClose: () => void;
  children: ComponentChildren;
  night?: boolean;
}

/** A choice that the person opened: Esc and ✕ close, focus goes back to where it came from. */
export function Dialog({ title, onClose, children, night = false }: DialogProps) {
  const dialog = useRef<HTMLDialogElement>(null);
  const id = useId();
  useEffect(() => {
    const before = document.activeElement;
    dialog.current?.showModal();
    return () => {
      if (before instanceof HTMLElement) before.focus();
    };
  }, []);
  return (
    <dialog ref={dialog} class={night ? 'night' : 'day'} aria-labelledby={id} onClose={onClose}>
      <div class="top">
        <h2 id={id}>{title}</h2>
        <button type="button" class="button quiet" onClick={onClose}>
          <X aria-hidden="true" /> Close
        </button>
      </div>
      {children}
    </dialog>
  );
}

export function useTitle(title: string): void {
  useEffect(() => {
    document.title = title;
  }, [title]);
}
