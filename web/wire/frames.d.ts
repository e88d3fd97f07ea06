/* Made by `python -m server.wire_schema` from server/frames.py: do not edit, run it again. docs/protocol.md says what
   each frame means. Numbers are whole; times are Unix milliseconds of the server's clock. */
export type ClientFrame =
  | Join
  | Beat
  | SayFrame
  | ReleaseFrame
  | WithholdFrame
  | FlagFrame
  | StartFrame
  | KeepWaitingFrame
  | EndAsMissedFrame
  | EndFrame
  | ExplainFrame
  | DecideFrame
  | RemoveFrame
  | WarnFrame
  | LeaveFrame
  | CannotSeeFrame
  | AdultOutFrame
  | AdultSeenFrame
  | CarryOnFrame
  | Report
  | SignalFrame
  | LegFrame
  | IceFrame;
export type ServerFrame =
  | Welcome
  | EventFrame
  | StatusFrame
  | PeersFrame
  | RelayedSignal
  | LegAnswer
  | LegRefused
  | IceServersFrame
  | Ack
  | ErrorFrame
  | Halt
  | BeatBack
  | Elsewhere;
/**
 * L1: the kind decides who must be present, how media flows and whether a charge exists.
 */
export type Kind =
  | "concert"
  | "ensemble"
  | "individual"
  | "masterclass"
  | "meeting"
  | "shared"
  | "small_group"
  | "training"
  | "whole_class";

/**
 * Not sent: holds the two unions together.
 */
export interface Wire {
  client: ClientFrame;
  server: ServerFrame;
  projection: 1;
  subprotocol: "lesson.v1.msgpack" | "lesson.v1.json";
}
/**
 * The first frame, within 5 s of opening.
 */
export interface Join {
  type: "join";
  ticket: string;
  device: string;
  resume?: Cursor | null;
  take_over?: boolean;
}
/**
 * How far a client has come: the projection's version, and the number of the last event it has.
 */
export interface Cursor {
  projection: number;
  n: number;
}
/**
 * Sent every second in which no `Report` says as much; the server answers with its own time.
 */
export interface Beat {
  type: "beat";
  t: number;
}
/**
 * A chat message: reviewed, then shown to everyone in the room, held, or not sent.
 */
export interface SayFrame {
  type: "say";
  action: string;
  text: string;
}
/**
 * The teacher lets a held message of a pupil side through.
 */
export interface ReleaseFrame {
  type: "release";
  action: string;
  message: string;
}
/**
 * The teacher does not let a held message through.
 */
export interface WithholdFrame {
  type: "withhold";
  action: string;
  message: string;
}
/**
 * The teacher's one click on a message that causes concern: ends the lesson, opens a case (D3).
 */
export interface FlagFrame {
  type: "flag";
  action: string;
  message: string;
}
/**
 * The teacher starts before T, once both sides are ready.
 */
export interface StartFrame {
  type: "start";
  action: string;
}
/**
 * The teacher keeps waiting: C3 no longer acts by itself before E.
 */
export interface KeepWaitingFrame {
  type: "keep_waiting";
  action: string;
}
/**
 * The teacher ends what *keep waiting* holds open.
 */
export interface EndAsMissedFrame {
  type: "end_as_missed";
  action: string;
}
/**
 * The teacher's one click; an observer's *End for safety* is the same frame.
 */
export interface EndFrame {
  type: "end";
  action: string;
  because?: ("agreed" | "conduct" | "dress" | "other") | null;
}
/**
 * How it ended, said afterwards by the teacher who ended it, once; with ``pupil``, of a removal.
 */
export interface ExplainFrame {
  type: "explain";
  action: string;
  because: "agreed" | "conduct" | "dress" | "other";
  pupil?: string | null;
}
/**
 * The teacher's choice once more than 5 minutes were lost (C6).
 */
export interface DecideFrame {
  type: "decide";
  action: string;
  choose: "abort" | "carry_over" | "teach_on";
  pupil: string;
}
/**
 * The teacher removes one pupil for good.
 */
export interface RemoveFrame {
  type: "remove";
  action: string;
  pupil: string;
  because?: ("agreed" | "conduct" | "dress" | "other") | null;
}
/**
 * A conduct warning on record, shown to the family (D1); without ``pupil``, to every family.
 */
export interface WarnFrame {
  type: "warn";
  action: string;
  reason:
    | "clothes, as for school"
    | "how we speak to each other"
    | "messages that are not about the lesson"
    | "other people coming in"
    | "taking part in the lesson"
    | "what can be seen in the picture";
  pupil?: string | null;
}
/**
 * This side leaves; it can come back.
 */
export interface LeaveFrame {
  type: "leave";
  action: string;
}
/**
 * *I can't see or hear them*: asks for another path, changes nothing else by itself.
 */
export interface CannotSeeFrame {
  type: "cannot_see";
  action: string;
}
/**
 * By the pupil side, or by the teacher who marks it. Checking in is HTTP: a PIN never travels here.
 */
export interface AdultOutFrame {
  type: "adult_out";
  action: string;
  pupil: string;
}
/**
 * The teacher's answer to "Can you see the adult?" (B1).
 */
export interface AdultSeenFrame {
  type: "adult_seen";
  action: string;
  pupil: string;
  seen: boolean;
}
/**
 * The teacher carries on with a lesson that paused because the adult left (B1).
 */
export interface CarryOnFrame {
  type: "carry_on";
  action: string;
  pupil: string;
}
/**
 * The browser's own view, once a second, from getStats: of its own devices, sending and receiving only.
 */
export interface Report {
  type: "report";
  camera: "blocked" | "ended" | "in_use" | "missing" | "off" | "on";
  microphone: "blocked" | "ended" | "in_use" | "missing" | "off" | "on";
  sent: number;
  received: number;
  frames: number;
  lost_permille?: number;
  rtt_ms?: number;
  kbps_out?: number;
  connected?: boolean;
  /**
   * @maxItems 8
   */
  paths?: PathReport[];
  sound?: ("music" | "talking") | null;
  sound_turn?: number;
  t?: number | null;
}
/**
 * How media from one peer has come in the last second.
 */
export interface PathReport {
  peer: string;
  direct: number;
  alive: boolean;
  lost_permille?: number;
}
/**
 * Negotiation towards one peer of the roster; relayed, never stored.
 */
export interface SignalFrame {
  type: "signal";
  to: string;
  generation: number;
  body: Description | Candidate;
}
/**
 * A session description (RFC 8829); opaque to the server but for its size.
 */
export interface Description {
  kind: "description";
  sdp_type: "answer" | "offer" | "rollback";
  sdp: string;
}
/**
 * One trickled ICE candidate (RFC 8838); an empty string is end-of-candidates.
 */
export interface Candidate {
  kind: "candidate";
  candidate: string;
  sdp_mid?: string | null;
  sdp_m_line_index?: number | null;
}
/**
 * This page's peer connection to the relay, offered: a participant's sends, an observer's receives.
 */
export interface LegFrame {
  type: "leg";
  n: number;
  sdp: string;
  of?: string | null;
}
/**
 * This page's TURN credentials are half used up: it asks for others.
 */
export interface IceFrame {
  type: "ice";
}
/**
 * The answer to `Join`, always the first frame. Then `EventFrame`s from ``n`` + 1, `PeersFrame`, `StatusFrame`.
 */
export interface Welcome {
  type: "welcome";
  you: You;
  lesson: LessonInfo;
  cursor: Cursor;
  resumed: boolean;
  now: number;
  beat_ms: number;
  ice_servers: IceServer[];
  ice_life_s: number;
  relay: boolean;
}
/**
 * Who the server takes this client for.
 */
export interface You {
  role: "observer" | "pupil_side" | "teacher";
  side: string | null;
  name: string;
  epoch: number;
}
/**
 * What does not change in a lesson's room.
 */
export interface LessonInfo {
  id: string;
  kind: Kind;
  charged: boolean;
  subject: string;
  teacher_name: string;
  pupils: PupilInfo[];
  starts_at: number;
  ends_at: number;
  start_limit_ms: number;
  keep_waiting_from_ms: number;
  interrupted_limit_ms: number;
  near_end_ms: number;
  time_zone: string;
}
/**
 * A pupil, as a room shows one.
 */
export interface PupilInfo {
  id: string;
  first_name: string;
  adult_word: string;
}
/**
 * One entry of RTCConfiguration.iceServers.
 */
export interface IceServer {
  urls: string[];
  username: string | null;
  credential: string | null;
}
/**
 * One durable thing that this viewer is shown; ``n`` is dense.
 */
export interface EventFrame {
  type: "event";
  n: number;
  event: Message | Held | Unsent | Happened | Closing | Result;
}
/**
 * A chat message that everyone in the room sees (its author too).
 */
export interface Message {
  shown: "message";
  at: number;
  message: string;
  side: string;
  author: string;
  text: string | null;
}
/**
 * To the author ("Waiting to be checked"), to a pupil side's teacher, to observers without the text.
 */
export interface Held {
  shown: "held";
  at: number;
  message: string;
  side: string;
  author: string;
  text: string | null;
  reason: string;
  releasable: boolean;
  until: number;
}
/**
 * A held message that was not sent, to those who saw it held.
 */
export interface Unsent {
  shown: "unsent";
  at: number;
  message: string;
}
/**
 * A line of the timeline: both sides read the same.
 */
export interface Happened {
  shown: "happened";
  at: number;
  what:
    | "adult_asked_back"
    | "adult_in"
    | "adult_left"
    | "adult_not_seen"
    | "adult_seen"
    | "back_to_start"
    | "carried_on"
    | "decided"
    | "decision_opened"
    | "gone"
    | "here"
    | "interrupted"
    | "kept_waiting"
    | "left"
    | "live"
    | "path_asked"
    | "platform_down"
    | "platform_up"
    | "removed"
    | "resumed"
    | "started"
    | "warned";
  side: string | null;
  detail: string;
}
/**
 * The room is shut, durably. ``how`` never tells more than docs/pages.md's endings allow this viewer.
 */
export interface Closing {
  shown: "closing";
  at: number;
  how: "C2" | "C3" | "C7" | "by_you" | "decision" | "flagged" | "neutral" | "time";
  asks_why: boolean;
}
/**
 * An outcome, settled or changed: to the teacher all of them, to a pupil side its own.
 */
export interface Result {
  shown: "result";
  at: number;
  pupil: string;
  outcome: Outcome;
}
/**
 * What a lesson came to for one pupil.
 */
export interface Outcome {
  rule: string;
  charge: "charged" | "none" | "not_charged" | "undecided";
  reschedule: boolean;
  minutes_owed: number;
  protected: boolean;
  decides: "" | "office" | "teacher";
  clocks: Clocks;
  live_ms: number;
  interrupted_ms: number;
  overruled: boolean;
}
/**
 * The three start clocks of one pupil, in milliseconds: they add up and are never reset.
 */
export interface Clocks {
  teacher: number;
  pupil: number;
  nobody: number;
}
/**
 * How the room stands: sent when it changes, and again after a resume. Carries no number.
 */
export interface StatusFrame {
  type: "status";
  now: number;
  platform_up: boolean;
  parts: PartStatus[];
  sides: SideStatus[];
  weak: string[];
  sounds: SideSound[];
  closes_at: number;
  phase: "ended" | "ending" | "open";
  settled: boolean;
  can: (
    | "adult_out"
    | "adult_seen"
    | "cannot_see"
    | "carry_on"
    | "check_in"
    | "decide"
    | "end"
    | "end_as_missed"
    | "explain"
    | "flag"
    | "keep_waiting"
    | "leave"
    | "phone"
    | "remove"
    | "say"
    | "start"
    | "teach_on"
    | "warn"
  )[];
}
/**
 * One pupil's part of the lesson.
 */
export interface PartStatus {
  pupil: string;
  phase: "before" | "interrupted" | "live" | "over" | "settling" | "starting";
  clock: ("nobody" | "pupil" | "teacher") | null;
  clocks: Clocks1;
  acts_at: number | null;
  settled_at: number | null;
  live_ms: number;
  interrupted_ms: number;
  started: boolean;
  protected: boolean;
  kept_waiting: boolean;
  decision: "" | "open" | "teach_on";
  owed_carry_over: number;
  owed_teach_on: number;
  adult: "by_sight" | "disputed" | "in" | "needed" | "not_needed" | "out";
  adult_stays: boolean;
  adult_name: string;
  paused: boolean;
  adult_asked_back: boolean;
  warned: string;
  outcome: Outcome | null;
}
/**
 * The three start clocks of one pupil, in milliseconds: they add up and are never reset.
 */
export interface Clocks1 {
  teacher: number;
  pupil: number;
  nobody: number;
}
/**
 * What evidence says of one side, by the latest that is known.
 */
export interface SideStatus {
  side: string;
  evidence: "lost" | "ready" | "unknown";
  since: number;
  reasons: string[];
  here: boolean;
}
/**
 * How one side's page says that it sends its sound.
 */
export interface SideSound {
  side: string;
  sound: "music" | "talking";
  turn: number;
}
/**
 * Whom to negotiate media with now: a peer that is gone is to be closed, a new generation starts afresh.
 *
 *     The path of a pair may change while its generation stays.
 */
export interface PeersFrame {
  type: "peers";
  peers: Peer[];
}
/**
 * One other side to negotiate media with.
 */
export interface Peer {
  side: string;
  name: string;
  polite: boolean;
  generation: number;
  path: "direct" | "relay";
  kbps: number;
}
/**
 * Negotiation from a peer, as it came in.
 */
export interface RelayedSignal {
  type: "signal";
  sender: string;
  generation: number;
  body: Description | Candidate;
}
/**
 * The relay's answer to a `LegFrame`.
 */
export interface LegAnswer {
  type: "leg_answer";
  n: number;
  sdp: string;
}
/**
 * No leg for this `LegFrame`. The lesson goes on without it.
 */
export interface LegRefused {
  type: "leg_refused";
  n: number;
  code: string;
  text: string;
}
/**
 * The answer to `IceFrame`, in place of those of the welcome.
 */
export interface IceServersFrame {
  type: "ice_servers";
  ice_servers: IceServer[];
  ice_life_s: number;
}
/**
 * The answer to an action, once its effect is durable.
 */
export interface Ack {
  type: "ack";
  action: string;
  ok: boolean;
  code: string;
  text: string;
}
/**
 * Something was wrong with a frame; the socket may close after it with the code's close code.
 */
export interface ErrorFrame {
  type: "error";
  code: string;
  text: string;
}
/**
 * Stop camera, microphone and every peer connection now. Comes before the end is stored.
 */
export interface Halt {
  type: "halt";
}
/**
 * The answer to a `Beat`, or to a `Report` with ``t``: that ``t``, and the server's time.
 */
export interface BeatBack {
  type: "beat";
  t: number;
  now: number;
}
/**
 * To a `Join` without ``take_over`` while the person has another device in: ask, then join again with it.
 */
export interface Elsewhere {
  type: "elsewhere";
}
