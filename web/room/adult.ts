/** What the teacher is asked about the adult (B1). Pure. */

import type { PartStatus } from '../wire/types';
import type { Button } from './presentation';
import { button } from './saying';
import type { Known } from './sides';
import { adultAnswered } from './state';

/** "Can you see the grown-up?" has a point: an adult has checked in and the teacher has not said yes. */
export function asksForAdult(room: Known, part: PartStatus): boolean {
  if (!room.status.can.includes('adult_seen')) return false;
  if (part.adult === 'by_sight' || part.adult === 'disputed') return true;
  return part.adult === 'in' && !adultAnswered(room, part.pupil);
}

export function yesNo(part: PartStatus): Button[] {
  return [
    button('yes', { do: 'adult_seen', pupil: part.pupil, seen: true }, true),
    button('no', { do: 'adult_seen', pupil: part.pupil, seen: false }),
  ];
}
