/** Talking or music (T1), of each side, as the server last told it. Pure. */

import type { StatusFrame } from '../wire/types';
import { TEACHER } from './sides';

export type Told = StatusFrame['sounds'][number];

/** How a side sends its sound; null while its page has not said. */
export function soundOf(status: StatusFrame, side: string): Told['sound'] | null {
  return status.sounds.find((told) => told.side === side)?.sound ?? null;
}

/** The teacher's press that set everybody's sound, where this page has not obeyed it yet. */
export function toObey(status: StatusFrame, obeyed: number): Told | null {
  const told = status.sounds.find(({ side }) => side === TEACHER);
  return told === undefined || told.turn === 0 || told.turn === obeyed ? null : told;
}
