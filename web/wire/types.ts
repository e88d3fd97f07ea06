/** The wire, as `server/frames.py` has it (generated), and a few names for parts of it. */

import type {
  ClientFrame,
  DecideFrame,
  EventFrame,
  ExplainFrame,
  PartStatus,
  Report,
  StatusFrame,
} from './frames';

export type * from './frames';

/** What a person asks for: it carries an id, is acknowledged, and a repeat is harmless. */
export type ActionFrame = Extract<ClientFrame, { action: string }>;
/** An action without its id, which the outbox gives it. */
export type Wish = ActionFrame extends infer Frame
  ? Frame extends ActionFrame
    ? Omit<Frame, 'action'>
    : never
  : never;
export type Shown = EventFrame['event'];
export type Can = StatusFrame['can'][number];
export type DeviceState = Report['camera'];
/** How a side sends its sound (T1). */
export type Sound = NonNullable<Report['sound']>;
export type Because = ExplainFrame['because'];
export type Choice = DecideFrame['choose'];
export type AdultState = PartStatus['adult'];
