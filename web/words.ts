/**
 * Every sentence of the client, keyed by state. `docs/pages.md` is the same in a table; a test compares the two.
 * Slots in braces are filled by `fill`; `{m:ss}` stays a slot until it is drawn, because a clock runs in it.
 */

export const ROOM = {
  before: {
    row: 'Before the start',
    teacher: "You are in the room. {pupil}'s side is not here yet.",
    teacher_ready: "{pupil}'s side is ready. Start now, or wait for {time}.",
    pupil: 'You are in the right place. Your lesson with {teacher} starts at {time}.',
    pupil_second: 'You can tune up while you wait.',
    arrived: "{pupil}'s side is here.",
  },
  other_clock: {
    row: 'Waiting for other (their clock runs)',
    teacher: "Waiting for {pupil}'s side. {m:ss} left.",
    teacher_second: '{why} If we cannot start by {time}, this is recorded as a missed lesson.',
    pupil: 'You are ready. Waiting for {teacher}. {m:ss} left.',
    pupil_second:
      '{why} If we cannot start by {time}, you are not charged and {teacher} offers another time.',
    pupil_both: 'Waiting for {teacher}. {m:ss} left.',
  },
  kept_waiting: {
    row: 'Kept waiting by the teacher',
    teacher: 'You are keeping the lesson open. Waited {m:ss}.',
    teacher_second: 'It does not become a missed lesson by itself before {time}. You can still start.',
    pupil: '{teacher} is still waiting for you. You can still start.',
  },
  own_clock: {
    row: 'Own side not ready (own clock runs)',
    both: 'Your side is not ready yet. {m:ss} left.',
    teacher_second: '{why} If we cannot start by {time}, it is not charged and you offer another time.',
    pupil_second:
      '{why} {teacher} can see that you are trying and may ring you. If we cannot start by {time}, this counts as a missed lesson and is charged.',
    pupil_protected: '… you are not charged, because you were ready first.',
  },
  nobodys_clock: {
    row: "Nobody's clock: finding a way, not known, our service",
    path: 'We are finding another way to connect you. {m:ss} left.',
    unknown: 'Checking the connection… {m:ss} left.',
    platform: 'Our service has a problem. It is not you. {m:ss} left.',
    second:
      "This is nobody's fault. If we cannot start by {time}, it is not charged and there will be another time.",
  },
  settling: {
    row: 'Settling (10 s)',
    both: 'You are connected. Say hello!',
    teacher_second: "Can you see {pupil}'s {adult}?",
    pupil_second: 'The lesson starts in a few seconds. The clock is paused.',
    pupil_wave: '{teacher} cannot see your {adult} yet. Please wave at the camera.',
  },
  live: {
    row: 'Live · time over, still live',
    both: 'Lesson in progress. {n} minutes left.',
    over: 'Lesson time is over. You can finish until {time}.',
    started: 'The lesson has started.',
  },
  weak_theirs: {
    row: "Other's picture weak",
    both: "{pupil}'s connection is weak. The picture is smaller to keep the sound clear.",
  },
  weak_yours: {
    row: 'Own connection weak',
    both: 'Your connection is weak. Sound comes first, so your picture is smaller.',
    second: 'Moving closer to the Wi-Fi box often helps.',
  },
  interrupted_theirs: {
    row: 'Interrupted: their side',
    teacher: "We have lost {pupil}'s side. We are trying to get it back.",
    teacher_second: 'Lost so far {m:ss}. After 5:00 in all, you decide what happens.',
    pupil: "We have lost {teacher}'s side. We are trying to get it back.",
    pupil_second:
      'Stay here. Lost so far {m:ss}. After 5:00 in all, {teacher} decides: no charge, or extra time in another lesson.',
    back: '{pupil} is back.',
  },
  interrupted_yours: {
    row: 'Interrupted: your side',
    both: 'Your connection has dropped. We are trying to get it back.',
    media: 'Your picture and sound are not reaching us. We are trying to get them back.',
    second: 'Lost so far {m:ss}.',
    pupil_second: 'You do not need to press anything.',
  },
  interrupted_platform: {
    row: 'Interrupted: platform, or finding a way',
    platform: 'Our service has a problem. It is not you. Sorry, we are fixing it.',
    path: 'We are finding another way to connect you.',
    second: 'Lost so far {m:ss}. Stay on this page.',
  },
  paused: {
    row: 'Adult left (12 or under)',
    teacher: "The lesson is paused. {pupil}'s {adult} has left the room.",
    teacher_second: 'Carry on when they are back, or end the lesson.',
    pupil: 'The lesson is paused. Please ask your {adult} to come back.',
    spoken: 'The lesson is paused.',
  },
  adult_asked_back: {
    row: 'Adult asked back (5 minutes before the end, 13 and over)',
    teacher: "{pupil}'s adult has been asked to come for the end.",
    pupil: '5 minutes left. Please ask your adult to come for the end.',
  },
  held: {
    row: 'Message held',
    teacher: 'A message from {pupil} is waiting for you. It may contain {reason}.',
    author: 'Waiting to be checked. You can carry on.',
    unsent: 'This message was not sent.',
  },
  warning: {
    row: 'Conduct warning (`D1`)',
    teacher: 'Your warning is on record.',
    pupil: '{teacher} would like one thing to change: {reason}.',
    pupil_second: 'If it does not, the lesson may end without a refund.',
  },
  decision: {
    row: 'Decision needed',
    teacher: '{m:ss} of the lesson was lost. You can choose what happens.',
    teacher_second: 'Carry on for now, or decide after the lesson.',
    pupil: 'Some of the lesson was lost. {teacher} will decide: no charge, or extra time in another lesson.',
    pupil_second: 'We will email you.',
  },
  ending: { row: 'Ending (before it is stored)', both: 'The lesson is ending…' },
  ended_by_you: {
    row: 'Ended by the teacher',
    teacher: 'You ended the lesson at {time}.',
    teacher_second: 'How did it end?',
    closing: 'This lesson has ended. If there is anything you need to know, we will email you.',
    spoken: 'This lesson has ended.',
    look: 'Your camera and microphone are off.',
  },
  ended_flagged: {
    row: "Ended by the teacher's flag",
    teacher: 'The lesson has ended. The safeguarding team has the message.',
  },
  ended_C2: {
    row: "Not started: teacher's side (`C2`)",
    teacher: 'The lesson did not start because your side was not ready in time. It is not charged.',
    teacher_second: 'The office and the family know. Please offer new times.',
    pupil: "The lesson could not start because of trouble at {teacher}'s side. You did nothing wrong.",
    pupil_second: 'You are not charged. {teacher} will offer you new times.',
  },
  ended_C3: {
    row: 'Not started: pupil side (`C3`)',
    teacher: "The lesson did not start because {pupil}'s side was not ready in time.",
    teacher_second: 'It is recorded as missed. The office and the family know.',
    pupil: 'The lesson could not start today. Your side was not ready in time.',
    pupil_second: 'It is recorded as a missed lesson and charged. Below is what we saw.',
  },
  ended_C3_protected: {
    row: 'Not started: pupil side, but ready first for a minute (protected `C3`)',
    teacher_second: 'It is not charged, because they were ready first. Please offer new times.',
    pupil: 'The lesson could not start today.',
    pupil_second: 'You are not charged, because you were ready first. {teacher} will offer you new times.',
  },
  ended_C7: {
    row: "Not started: nobody's fault (`C7`)",
    both: "The lesson could not start. It was nobody's fault.",
    platform: '… because our service had a problem. Sorry.',
    second: 'Nobody is charged. There will be another time.',
  },
  ended_time: {
    row: 'Over: time is up (E + 600, next booking), or a `C6` choice ended it',
    teacher: 'The lesson has ended. {n} minutes.',
    teacher_stopped: 'You stopped the lesson: no charge.',
    teacher_owed: '… {n} minutes are owed.',
    pupil: 'The lesson has ended. Well done.',
    pupil_stopped: 'The lesson stopped early, because the connection was lost for too long.',
  },
  taken_over: {
    row: 'Taken over by another tab',
    asks: 'This lesson is open on another screen. Use it here instead?',
    moved: 'You moved the lesson to another screen.',
  },
  device_blocked: {
    row: 'Browser refused camera or microphone',
    both: 'The browser is blocking your camera.',
    other: "{pupil}'s camera is not on yet.",
  },
  device_missing: {
    row: 'No camera or microphone found, or in use',
    missing: 'We cannot find a camera. Plug one in, or use another device.',
    in_use: 'Another program is using the camera. Close it, then try again.',
  },
  unsupported: {
    row: 'Unsupported browser',
    both: 'This browser cannot show lessons.',
    second: 'Use an up-to-date Chrome, Edge, Firefox or Safari.',
  },
  reconnecting: {
    row: 'Reconnecting (chat line only; pictures flow)',
    both: 'Chat is reconnecting. You can carry on.',
  },
  sound_blocked: {
    row: 'Sound blocked until a tap',
    teacher: 'Tap here to hear {pupil}.',
    pupil: 'Tap here to hear {teacher}.',
  },
  observed: {
    row: 'Observed notice',
    both: 'This lesson may be observed. It is not recorded.',
    more: 'People from the music service look in on some lessons, to check that they are good and safe. We do not say when.',
  },
} as const;

/** The words of the buttons in the room's status line. */
export const BUTTONS = {
  start: 'Start now',
  write: 'Write to them',
  keep_waiting: 'Keep waiting',
  record_missed: 'Record as missed',
  fix: 'Help me fix it',
  yes: 'Yes',
  no: 'No',
  what_helps: 'What helps',
  things_to_try: 'Things to try',
  carry_on: 'They are back, carry on',
  back: 'I am back',
  they_left: 'They have left',
  they_are_here: 'They are here',
  read: 'Read it',
  release: 'Let it through',
  flag: 'Flag: ends the lesson',
  understand: 'We understand',
  decide: 'Decide now',
  abort: 'Stop, no charge',
  carry_over: 'Stop, owe {n} minutes',
  teach_on: 'Teach on, owe {n} minutes',
  next: 'See next lesson',
  home: 'Home',
  note: 'Add a note',
  use_here: 'Use it here',
  stay_there: 'Stay there',
  bring_back: 'Bring it back here',
  again: 'Try again',
  show_how: 'Show me how',
  copy_link: 'Copy the link',
  sound_on: 'Turn sound on',
  choose_device: 'Choose another',
} as const;

export const WHY = {
  own: {
    adult: 'A {adult} still needs to check in.',
    camera: 'Your camera is not on yet.',
    microphone: 'Your microphone is silent.',
    media: 'Your picture and sound are not reaching us yet.',
    line: 'Your connection has dropped.',
  },
  other: {
    away: '{pupil} is not here yet.',
    adult: "{pupil}'s {adult} has not checked in yet.",
    camera: "{pupil}'s camera is not on yet.",
    microphone: "{pupil}'s microphone is silent.",
    media: "{pupil}'s picture and sound are not reaching us yet.",
    line: "{pupil}'s connection has dropped.",
  },
} as const;

export const OUTCOME = {
  finished: 'Lesson finished: {n} minutes.',
  conduct: 'This lesson was ended early and is charged. We have emailed you the reason.',
  not_charged: 'Not charged. There will be another time.',
  protected: 'Not charged, because you were ready first. There will be another time.',
  midway: 'Too much time was lost, so this lesson is not charged. There will be another time.',
  missed: 'Recorded as a missed lesson and charged.',
  owed: '{n} minutes are added to another lesson.',
  to_decide: '{teacher} will decide, or the office after 2 working days. We will email you.',
  office: 'The office will confirm this lesson.',
} as const;

export const TAG = {
  charged: 'Charged',
  not_charged: 'Not charged',
  missed: 'Missed',
  owed: '{n} min owed',
  to_decide: 'To decide',
  office: 'With the office',
  finished: 'Finished',
} as const;

/** What is under "How did it end?": the words, and the reason that is sent. */
export const REASONS = [
  { because: 'agreed', words: 'We agreed to stop early' },
  { because: 'conduct', words: 'Behaviour' },
  { because: 'dress', words: 'Dress' },
  { because: 'other', words: 'Trouble with picture or sound' },
  { because: 'other', words: 'By mistake, or something else' },
] as const;

/** What a conduct warning may ask for; each completes "… would like one thing to change: …". */
export const WARNINGS = [
  'how we speak to each other',
  'messages that are not about the lesson',
  'what can be seen in the picture',
  'clothes, as for school',
  'other people coming in',
  'taking part in the lesson',
] as const;

/** A line of the timeline, by what happened. `{side}` is "Sam's side" or the teacher's name. */
export const TIMELINE = {
  here: '{side} came in.',
  gone: '{side} was no longer in the room.',
  live: 'Connected: the lesson began.',
  back_to_start: 'The connection was lost in the first minute.',
  started: 'The lesson has started.',
  interrupted: 'The connection was lost.',
  resumed: 'The connection came back.',
  decision_opened: 'More than 5 minutes were lost. The teacher may choose what happens.',
  decided: 'The teacher chose: {detail}.',
  adult_in: '{detail} checked in.',
  adult_left: 'The {adult} left the room.',
  adult_seen: 'The teacher can see the {adult}.',
  adult_not_seen: 'The teacher cannot see the {adult}.',
  adult_asked_back: 'The adult was asked to come for the end.',
  carried_on: 'The lesson carried on.',
  kept_waiting: 'The teacher keeps waiting.',
  warned: 'Conduct warning: {detail}.',
  removed: '{side} was removed from this lesson.',
  platform_down: 'Our service had a problem.',
  platform_up: 'Our service was back.',
  path_asked: '{side} asked for another way to connect.',
  left: '{side} left the room.',
  ended: 'Ended.',
} as const;

export const CHOICES: Record<string, string> = {
  abort: 'stop, no charge',
  carry_over: 'stop, and owe the time',
  teach_on: 'teach on, and owe the time',
};

/**
 * The three steps to let the page use camera or microphone, by browser, and the sign that the first one names.
 * `{device}` is Camera, Microphone, or both.
 */
export const ALLOW = {
  chrome: {
    sign: 'sliders',
    steps: [
      'Press this sign at the left end of the address line.',
      'Switch {device} on.',
      'Come back to this page and press Try again.',
    ],
  },
  chrome_phone: {
    sign: 'sliders',
    steps: [
      'Press this sign at the left end of the address line, then Permissions.',
      'Switch {device} on.',
      'Come back to this page and press Try again.',
    ],
  },
  edge: {
    sign: 'lock',
    steps: [
      'Press this sign at the left end of the address line.',
      'Beside {device}, choose Allow.',
      'Come back to this page and press Try again.',
    ],
  },
  firefox: {
    sign: 'crossed',
    steps: [
      'Press this sign at the left end of the address line.',
      'Beside {device}, take away Blocked with the small cross.',
      'Press Try again and choose Allow.',
    ],
  },
  safari: {
    sign: 'menu',
    steps: [
      'Open the Safari menu at the top of the screen, then Settings for this website.',
      'Beside {device}, choose Allow.',
      'Come back to this page and press Try again.',
    ],
  },
  safari_phone: {
    sign: 'menu',
    steps: [
      'Press this sign in the address line, then Website Settings.',
      'Beside {device}, choose Allow.',
      'Come back to this page and press Try again.',
    ],
  },
  ios_app: {
    sign: 'settings',
    steps: [
      "Open Settings on this device and find this browser's name.",
      'Switch {device} on.',
      'Come back to this page and press Try again.',
    ],
  },
  other: {
    sign: 'crossed',
    steps: [
      'Look for a sign like this in the address line of the browser, and press it.',
      'Beside {device}, choose Allow.',
      'Come back to this page and press Try again.',
    ],
  },
} as const;

/** What is wrong with one's own devices while the lesson goes on: read by oneself only. */
export const DEVICES = {
  silent: 'Your microphone sends silence. Is it covered or switched off?',
  black: 'Your picture is black. Is the camera covered or switched off?',
  frozen: 'Your picture does not move. Choose another camera, or reload this page.',
  muted: 'You are muted, and you are talking.',
  unplugged: 'Your {device} is unplugged. We are using {other}.',
  refused: 'We cannot use that {device}. Is another program using it?',
  menu: 'Camera, microphone and speaker',
  default_speaker: 'As this device is set',
  unnamed: '{device} {n}',
} as const;

/** Talking or music (T1): how one's own sound is sent, and how the other side's is. */
export const SOUND = {
  control: 'Sound',
  talking: 'Talking',
  music: 'Music',
  theirs: { talking: 'Talking sound', music: 'Music sound' },
  first_use:
    'Music keeps every note, nothing is filtered. Use headphones, or you may hear an echo. Talking is better with loudspeakers.',
} as const;

/** The device check (B4), by row and state. `{other}`: whom the lesson is with. */
export const CHECK = {
  title: 'Check your device',
  why: 'We need your camera and microphone, so that {other} can see and hear you. They are on for this check only, then off until you are in the room.',
  turn_on: 'Turn on camera and microphone',
  rows: { camera: 'Camera', microphone: 'Microphone', speaker: 'Speaker', connection: 'Connection' },
  unchecked: 'Not checked yet',
  checking: 'Checking…',
  again: 'Try again',
  continue: 'Continue',
  camera: {
    good: 'We can see your picture.',
    blocked: 'The browser is blocking your camera.',
    missing: 'We cannot find a camera. Plug one in, or use another device.',
    in_use: 'Another program is using the camera. Close it, then try again.',
    black: 'Your picture is black. Open the cover of the camera, or turn on a light.',
    frozen: 'Your picture does not move. Unplug the camera and plug it in again, or choose another.',
  },
  microphone: {
    listening: 'Play a loud note.',
    good: 'We can hear you.',
    blocked: 'The browser is blocking your microphone.',
    missing: 'We cannot find a microphone. Plug one in, or use another device.',
    in_use: 'Another program is using the microphone. Close it, then try again.',
    silent: 'Your microphone sends silence. Is it covered or switched off?',
    record: 'Record 3 seconds and listen',
    recording: 'Recording…',
    playing: 'Playing what we recorded…',
    kept: 'The recording stays on this device and is gone when you leave this page.',
  },
  level: { silent: 'Silence', quiet: 'Too quiet', good: 'Good', loud: 'Too loud' },
  speaker: {
    play: 'Play a note',
    asks: 'Did you hear it?',
    yes: 'Yes',
    no: 'No',
    good: 'You heard the note.',
    before: 'You heard the note on this speaker last time.',
    unheard: 'Turn the volume up, or choose another speaker. Then play the note again.',
  },
  connection: {
    good: 'Good for lessons',
    slow: 'Your connection is slow. Move closer to the Wi-Fi box, and pause films and games at home.',
    blocked:
      'Something blocks the way to lessons, often a filter of a school or an office. Use another network, or give the report to your technician.',
    unreachable: 'We cannot reach our service. Check that this device is online, then try again.',
    unmeasured: 'We could not measure it just now. Try again in a minute.',
    details: 'Details',
    needs: 'Lessons need {n} Mbps each way.',
    down: 'Down',
    up: 'Up',
    round_trip: 'Round trip',
    socket: 'Chat and clocks',
    udp: 'Picture and sound',
    way: 'Way around a filter',
    mbps: '{n} Mbps',
    ms: '{n} ms',
    works: 'Works',
    blocked_word: 'Blocked',
    works_slower: 'Works, with more delay',
    not_known: 'Not known',
    report: 'Download a report',
  },
  ready_title: 'Get ready',
  ready: {
    device: { title: 'Device', lines: ['Plugged in', 'Do not disturb is on', 'Other apps are closed'] },
    room: {
      title: 'Room',
      lines: ['A plain wall behind you', 'Not a bedroom or bathroom', 'Nobody else is coming in'],
    },
    you: {
      title: 'You',
      lines: ['Dressed as for school', 'Instrument and music ready', 'Nothing personal in view'],
    },
  },
  we_are_ready: 'We are ready',
  anyway: 'Continue anyway',
  back: 'Back to the check',
  consequences: 'What will not work',
  will_not: {
    camera: '{other} cannot see you.',
    microphone: '{other} cannot hear you.',
    speaker: 'You may not hear {other}.',
    slow: 'The picture may be small, and sound may break up.',
    blocked: 'The lesson may not connect.',
    unreachable: 'The lesson cannot connect.',
  },
  not_proven: 'Not checked: {what}.',
  fixes: 'You can go in anyway, and fix it there. The chat works without camera and microphone.',
  checks_off: 'Camera and microphone are off until you are in the room.',
  link: 'Check my device',
} as const;

/** Steps under "Help me fix it", by what is missing. */
export const HELP = {
  camera: [
    'Check that the camera is plugged in, and not covered or switched off.',
    'Close other programs that use the camera.',
    'Then press Try again.',
  ],
  microphone: [
    'Check that the headset is plugged in and not switched off.',
    'Close other programs that use the microphone.',
    'Then press Try again.',
  ],
  media: [
    'Move closer to the Wi-Fi box, or use a cable.',
    'Ask others at home to pause films and games.',
    'If nothing changes, reload this page. You come back to the same lesson.',
  ],
  adult: ['Ask your {adult} to come to this screen.', 'They type their name and the family PIN.'],
} as const;

export const NOT_FOUND = 'We cannot find that page.';
export const OUR_FAULT =
  'Sorry, there is a problem with the service. Try again in a few minutes, or ring the office on {number}.';
export const OUR_FAULT_NO_NUMBER = 'Sorry, there is a problem with the service. Try again in a few minutes.';
export const PROMISE = 'By joining, you agree not to record or take pictures of the screen.';

export type Slots = Record<string, string | number>;

/** Fills the slots of a sentence; a slot without a value stays, so that a test can see it. */
export function fill(sentence: string, slots: Slots): string {
  return sentence.replace(/\{([a-z:]+)\}/g, (whole, slot: string) => {
    const value = slots[slot];
    return value === undefined ? whole : String(value);
  });
}

/** The first letter as a capital: a name or a "grown-up" may come first in a sentence. */
export function sentence(text: string): string {
  return text.charAt(0).toUpperCase() + text.slice(1);
}

/** Sentences of the room that stand beside the table: counts, observers, what is not on a clock. */
export const MORE = {
  joining: 'Joining…',
  several_ready: '{n} of {m} sides are ready.',
  left: '{m:ss} left.',
  by_then_protected: '{why} If we cannot start by {time}, it is not charged, because they were ready first.',
  platform_before: 'Our service has a problem. It is not you.',
  camera_off: "{pupil}'s camera is off.",
  watch_waiting: 'Waiting for {side}. {m:ss} left.',
  watch_lost: 'We have lost {side}.',
  watch_before: 'The lesson has not started.',
  watch_over: 'The lesson has ended.',
  watch_sides: "Nobody's clock runs. {m:ss} left.",
  watch_settling: 'Both sides are connected. The lesson starts in a few seconds.',
  watch_paused: 'The lesson is paused. The {adult} has left the room.',
  watch_decision: 'More than 5 minutes were lost. The teacher may choose what happens.',
  watch_notice: 'Nobody in the lesson can see or hear you. Your visit is on record.',
  watch_end: 'End this lesson now? Both sides will only read that it has ended.',
  flag_head: 'Flag ends the lesson and tells the safeguarding team.',
  conduct_or_dress: 'Behaviour or dress?',
  conduct_or_dress_hint: 'The family is emailed this reason.',
  ended_for: 'How did it end for {pupil}?',
  you_decide: 'You say below what happens. After 2 working days the office decides.',
  they_were_first: 'Not charged, because they were ready first. There will be another time.',
  not_ended: 'This lesson has not ended yet.',
  not_confirmed: 'This lesson was not confirmed, so it did not take place. It is not charged.',
  adding_up: 'We are still adding this up. It will be here in a minute.',
} as const;

/** The watch page, about its pictures and sounds; `{pupil}` is the name of either side. */
export const WATCH = {
  pictures: 'Pictures and sound',
  sound_on: 'Turn sound on',
  sound_off: 'Turn sound off',
  line_lost: 'This page is reconnecting.',
  opening: 'Picture and sound are on their way.',
  no_picture: "{pupil}'s picture is not reaching us yet.",
  no_sound: "{pupil}'s sound is not reaching us yet.",
  again: 'We cannot show pictures now. We are trying again.',
  none: 'We cannot show pictures now. Reload this page to try again.',
} as const;

/** The word of the state in the page's title. */
export const TITLES: Record<string, string> = {
  joining: 'Joining',
  refused: 'Not open',
  before: 'Waiting',
  other_clock: 'Waiting',
  kept_waiting: 'Waiting',
  own_clock: 'Not ready yet',
  nobodys_clock: 'Connecting',
  settling: 'Connected',
  live: 'In progress',
  time_over: 'Time is over',
  weak_theirs: 'Weak connection',
  weak_yours: 'Weak connection',
  interrupted_theirs: 'Connection lost',
  interrupted_yours: 'Connection lost',
  interrupted_platform: 'Connection lost',
  platform: 'Service problem',
  paused: 'Paused',
  adult_asked_back: 'Nearly over',
  warning: 'In progress',
  decision: 'To decide',
  ending: 'Ending',
  taken_over: 'On another screen',
  moved: 'On another screen',
  device_blocked: 'Camera blocked',
  device_missing: 'No camera',
  device_in_use: 'Camera in use',
  own_black: 'Picture is black',
  own_frozen: 'Picture stands still',
  own_silent: 'Microphone is silent',
  own_muted: 'You are muted',
  reconnecting: 'Reconnecting',
  sound_blocked: 'Sound is off',
};

/** The live wall: the state of a lesson in two words; what stands beside it. */
export const WALL = {
  title: 'Live lessons',
  states: {
    platform: 'Service trouble',
    both_lost: 'Both lost',
    teacher_lost: 'Teacher lost',
    pupil_lost: 'Pupil lost',
    no_teacher: 'Awaiting teacher',
    no_pupil: 'Awaiting pupil',
    teacher_left: 'Teacher left',
    not_connected: 'Not connected',
    paused: 'Lesson paused',
    decision: 'Decision open',
    pupil_left: 'Pupil left',
    weak: 'Weak connection',
    settling: 'Just connected',
    time_over: 'Running over',
    live: 'Going well',
    before: 'Not begun',
    over: 'Just ending',
  },
  gone: 'Lesson ended',
  clocks: {
    teacher: "Teacher's clock {m:ss}",
    pupil: "Pupil's clock {m:ss}",
    nobody: "Nobody's clock {m:ss}",
    lost: 'Time lost {m:ss}',
  },
  left: '{n} minutes left',
  left_one: '1 minute left',
  over: '{n} minutes over',
  over_one: '1 minute over',
  starts: 'Starts at {time}',
  count: '{n} lessons, {m} in trouble.',
  count_one: '1 lesson, {m} in trouble.',
  order_waits: 'The order stays while you are on a tile.',
  stale: 'This view is {n} seconds old. Reconnecting.',
  reconnecting: 'Reconnecting.',
  none: 'No lessons now.',
  next: 'No lessons now. Next: {time}, {n} lessons.',
  next_one: 'No lessons now. Next: {time}, 1 lesson.',
  no_match: 'No lesson like that now.',
  show_all: 'Show all',
  filter: 'Show',
  teacher: 'Teacher',
  pupil: 'Pupil',
  pupil_of: 'Pupil {n}',
  state: 'State',
  instrument: 'Instrument',
  all_teachers: 'All teachers',
  all_states: 'All states',
  all_instruments: 'All instruments',
  groups: { trouble: 'In trouble', on: 'Going on', before: 'Not begun' },
  watch: 'Watch',
  legend: 'How to read the bands',
  legend_intro: 'The last 5 minutes of each side, now at the right.',
  standings: {
    fine: 'fine',
    weak: 'weak',
    here: 'here, not ready',
    lost: 'not there',
    unknown: 'not known',
    ours: 'our service',
  },
  band_all: '{side}, last 5 minutes: {standing}.',
  band_mixed: '{side}, last 5 minutes: {standing} now. {parts}.',
  band_part: '{standing} for {time}',
} as const;

/** L1: the kinds of lesson. */
export const KINDS = {
  individual: 'Individual',
  shared: 'Shared',
  small_group: 'Small group',
  whole_class: 'Whole class',
  ensemble: 'Ensemble',
  masterclass: 'Masterclass',
  concert: 'Concert',
  training: 'Training',
  meeting: 'Meeting',
} as const;
