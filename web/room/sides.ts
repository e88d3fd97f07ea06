/** Who is who for the one that looks, and why a side is not ready. Pure. */

import type { LessonInfo, PartStatus, SideStatus, StatusFrame, You } from '../wire/types';
import { fill, type Slots, sentence, WHY } from '../words';
import { timeOfDay } from './clock';
import type { RoomState } from './state';

export const TEACHER = 'teacher';

/** A room that has been joined: nothing is missing. */
export interface Known extends RoomState {
  you: You;
  lesson: LessonInfo;
  status: StatusFrame;
}

export function known(state: RoomState): Known | null {
  const { you, lesson, status } = state;
  return you !== null && lesson !== null && status !== null ? { ...state, you, lesson, status } : null;
}

export function pupilName(lesson: LessonInfo, pupil: string): string {
  return lesson.pupils.find((p) => p.id === pupil)?.first_name ?? 'the pupil';
}

export function adultWord(lesson: LessonInfo, pupil: string): string {
  return lesson.pupils.find((p) => p.id === pupil)?.adult_word || 'adult';
}

/** "Sam's side", or the teacher's name. */
export function sideName(lesson: LessonInfo, side: string): string {
  return side === TEACHER ? lesson.teacher_name : `${pupilName(lesson, side)}'s side`;
}

export function sideStatus(status: StatusFrame, side: string): SideStatus | null {
  return status.sides.find((s) => s.side === side) ?? null;
}

export function slots(room: Known, part: PartStatus): Slots {
  return {
    teacher: room.lesson.teacher_name,
    pupil: pupilName(room.lesson, part.pupil),
    adult: adultWord(room.lesson, part.pupil),
  };
}

export function time(room: Known, at: number): string {
  return timeOfDay(at, room.lesson.time_zone);
}

/** The reasons in the order in which they are told: what a person can mend first. */
const TOLD = ['adult', 'camera', 'microphone', 'media', 'line', 'away'] as const;
export type Reason = (typeof TOLD)[number];

export function reason(side: SideStatus | null): Reason | null {
  if (side === null || side.evidence === 'ready') return null;
  return TOLD.find((r) => side.reasons.includes(r)) ?? null;
}

/** `{why}` of one's own side; empty where there is nothing to say. */
export function ownWhy(room: Known, part: PartStatus, side: SideStatus | null): string {
  const code = reason(side);
  if (code === null || code === 'away') return '';
  return sentence(fill(WHY.own[code], slots(room, part)));
}

/** `{why}` of the other side, by its name. */
export function otherWhy(room: Known, part: PartStatus, side: SideStatus | null): string {
  const code = reason(side);
  if (side === null || code === null) return '';
  const values = slots(room, part);
  const name = side.side === TEACHER ? room.lesson.teacher_name : values.pupil;
  return fill(WHY.other[code], { ...values, pupil: name ?? '' });
}

export function names(list: readonly string[]): string {
  return list.length < 2 ? (list[0] ?? '') : `${list.slice(0, -1).join(', ')} and ${list[list.length - 1]}`;
}
