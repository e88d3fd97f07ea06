import { describe, expect, test } from 'vitest';
import { type Recorded, ROOMS, room } from '../gallery/rooms';
import { present, titleOf } from '../room/present';
import type { StateKey } from '../room/presentation';
import { fill } from '../words';

function look(name: string, more: Partial<Recorded> = {}) {
  const recorded = ROOMS[name];
  if (recorded === undefined) throw new Error(`no room ${name}`);
  const both = { ...recorded, ...more };
  const shown = present(room(both), both.now);
  const clock = { 'm:ss': shown.clock?.text ?? '{m:ss}' };
  return {
    ...shown,
    headline: fill(shown.headline, clock),
    second: fill(shown.second, clock),
    words: shown.buttons.map((button) => button.words),
  };
}

/** Name → state, headline, second line, buttons: PAGES.md's words, with everything filled in. */
const EXPECTED: [string, StateKey, string, string, string[]][] = [
  ['before-t', 'before', "You are in the room. Sam's side is not here yet.", '', []],
  ['before-ready-t', 'before', "Sam's side is ready. Start now, or wait for 4:30pm.", '', ['Start now']],
  [
    'before-p',
    'before',
    'You are in the right place. Your lesson with Mrs Novakova starts at 4:30pm.',
    'You can tune up while you wait.',
    [],
  ],
  [
    'before-adult-p',
    'before',
    'You are in the right place. Your lesson with Mrs Novakova starts at 4:30pm.',
    'A grown-up still needs to check in.',
    ['Help me fix it'],
  ],
  [
    'other-clock-t',
    'other_clock',
    "Waiting for Sam's side. 3:12 left.",
    "Sam's picture and sound are not reaching us yet. If we cannot start by 4:35pm, this is recorded as a missed lesson.",
    ['Write to them'],
  ],
  [
    'other-clock-adult-t',
    'other_clock',
    "Waiting for Sam's side. 3:12 left.",
    "Can you see Sam's grown-up? If we cannot start by 4:35pm, this is recorded as a missed lesson.",
    ['Yes', 'No'],
  ],
  [
    'other-clock-keep-t',
    'other_clock',
    "Waiting for Sam's side. 0:55 left.",
    'Sam is not here yet. If we cannot start by 4:35pm, this is recorded as a missed lesson.',
    ['Keep waiting'],
  ],
  [
    'other-clock-p',
    'other_clock',
    'You are ready. Waiting for Mrs Novakova. 3:12 left.',
    "Mrs Novakova's camera is not on yet. If we cannot start by 4:35pm, you are not charged and Mrs Novakova offers another time.",
    ['Write to them'],
  ],
  [
    'other-clock-both-p',
    'other_clock',
    'Waiting for Mrs Novakova. 3:12 left.',
    'Your microphone is silent.',
    ['Help me fix it', 'Write to them'],
  ],
  [
    'kept-t',
    'kept_waiting',
    'You are keeping the lesson open. Waited 6:40.',
    'It does not become a missed lesson by itself before 5:00pm. You can still start.',
    ['Write to them', 'Record as missed'],
  ],
  [
    'kept-p',
    'kept_waiting',
    'Mrs Novakova is still waiting for you. You can still start.',
    'Your picture and sound are not reaching us yet.',
    ['Help me fix it'],
  ],
  [
    'own-clock-t',
    'own_clock',
    'Your side is not ready yet. 3:12 left.',
    'Your picture and sound are not reaching us yet. If we cannot start by 4:35pm, it is not charged and you offer another time.',
    ['Help me fix it', 'Write to them'],
  ],
  [
    'own-clock-p',
    'own_clock',
    'Your side is not ready yet. 3:12 left.',
    'Your picture and sound are not reaching us yet. Mrs Novakova can see that you are trying and may ring you. If we cannot start by 4:35pm, this counts as a missed lesson and is charged.',
    ['Help me fix it', 'Write to them'],
  ],
  [
    'own-clock-protected-p',
    'own_clock',
    'Your side is not ready yet. 3:12 left.',
    'Your camera is not on yet. Mrs Novakova can see that you are trying and may ring you. If we cannot start by 4:39pm, you are not charged, because you were ready first.',
    ['Help me fix it', 'Write to them'],
  ],
  [
    'nobody-path-t',
    'nobodys_clock',
    'We are finding another way to connect you. 4:20 left.',
    "This is nobody's fault. If we cannot start by 4:35pm, it is not charged and there will be another time.",
    [],
  ],
  [
    'nobody-unknown-p',
    'nobodys_clock',
    'Checking the connection… 4:20 left.',
    "This is nobody's fault. If we cannot start by 4:35pm, it is not charged and there will be another time.",
    [],
  ],
  [
    'nobody-platform-p',
    'nobodys_clock',
    'Our service has a problem. It is not you. 4:20 left.',
    "This is nobody's fault. If we cannot start by 4:35pm, it is not charged and there will be another time.",
    [],
  ],
  ['settling-t', 'settling', 'You are connected. Say hello!', "Can you see Sam's grown-up?", ['Yes', 'No']],
  [
    'settling-p',
    'settling',
    'You are connected. Say hello!',
    'The lesson starts in a few seconds. The clock is paused.',
    [],
  ],
  ['live-t', 'live', 'Lesson in progress. 22 minutes left.', '', []],
  ['live-p', 'live', 'Lesson in progress. 22 minutes left.', '', []],
  ['time-over-p', 'time_over', 'Lesson time is over. You can finish until 5:10pm.', '', []],
  [
    'weak-theirs-t',
    'weak_theirs',
    "Sam's connection is weak. The picture is smaller to keep the sound clear.",
    '',
    [],
  ],
  [
    'weak-yours-p',
    'weak_yours',
    'Your connection is weak. Sound comes first, so your picture is smaller.',
    'Moving closer to the Wi-Fi box often helps.',
    ['What helps'],
  ],
  [
    'lost-theirs-t',
    'interrupted_theirs',
    "We have lost Sam's side. We are trying to get it back.",
    'Lost so far 1:10. After 5:00 in all, you decide what happens.',
    ['Write to them'],
  ],
  [
    'lost-theirs-p',
    'interrupted_theirs',
    "We have lost Mrs Novakova's side. We are trying to get it back.",
    'Stay here. Lost so far 1:10. After 5:00 in all, Mrs Novakova decides: no charge, or extra time in another lesson.',
    ['Write to them'],
  ],
  [
    'lost-yours-p',
    'interrupted_yours',
    'Your connection has dropped. We are trying to get it back.',
    'Lost so far 1:10. You do not need to press anything.',
    ['Things to try'],
  ],
  [
    'lost-platform-t',
    'interrupted_platform',
    'Our service has a problem. It is not you. Sorry, we are fixing it.',
    'Lost so far 1:10. Stay on this page.',
    [],
  ],
  [
    'lost-path-p',
    'interrupted_platform',
    'We are finding another way to connect you.',
    'Lost so far 1:10. Stay on this page.',
    [],
  ],
  [
    'paused-t',
    'paused',
    "The lesson is paused. Sam's grown-up has left the room.",
    'Carry on when they are back, or end the lesson.',
    ['They are back, carry on'],
  ],
  ['paused-p', 'paused', 'The lesson is paused. Please ask your grown-up to come back.', '', ['I am back']],
  ['asked-back-t', 'adult_asked_back', "Sam's adult has been asked to come for the end.", '', []],
  [
    'asked-back-p',
    'adult_asked_back',
    '5 minutes left. Please ask your adult to come for the end.',
    '',
    ['They are here'],
  ],
  ['warning-t', 'warning', 'Your warning is on record.', '', []],
  [
    'warning-p',
    'warning',
    'Mrs Novakova would like one thing to change: how we speak to each other.',
    'If it does not, the lesson may end without a refund.',
    ['We understand'],
  ],
  [
    'decision-t',
    'decision',
    '5:12 of the lesson was lost. You can choose what happens.',
    'Carry on for now, or decide after the lesson.',
    ['Decide now'],
  ],
  [
    'decision-p',
    'decision',
    'Some of the lesson was lost. Mrs Novakova will decide: no charge, or extra time in another lesson.',
    'We will email you.',
    [],
  ],
  ['ending-p', 'ending', 'The lesson is ending…', '', []],
  [
    'ended-by-you-t',
    'ended_by_you',
    'You ended the lesson at 4:48pm.',
    'How did it end?',
    ['See next lesson', 'Home'],
  ],
  [
    'ended-neutral-p',
    'ended_neutral',
    'This lesson has ended. If there is anything you need to know, we will email you.',
    '',
    ['See next lesson', 'Home'],
  ],
  [
    'ended-flagged-t',
    'ended_flagged',
    'The lesson has ended. The safeguarding team has the message.',
    '',
    ['Add a note', 'Home'],
  ],
  [
    'C2-t',
    'ended_C2',
    'The lesson did not start because your side was not ready in time. It is not charged.',
    'The office and the family know. Please offer new times.',
    ['Add a note', 'Home'],
  ],
  [
    'C2-p',
    'ended_C2',
    "The lesson could not start because of trouble at Mrs Novakova's side. You did nothing wrong.",
    'You are not charged. Mrs Novakova will offer you new times.',
    ['Home'],
  ],
  [
    'C3-t',
    'ended_C3',
    "The lesson did not start because Sam's side was not ready in time.",
    'It is recorded as missed. The office and the family know.',
    ['Add a note', 'Home'],
  ],
  [
    'C3-p',
    'ended_C3',
    'The lesson could not start today. Your side was not ready in time.',
    'It is recorded as a missed lesson and charged. Below is what we saw.',
    ['Home'],
  ],
  [
    'C3-protected-t',
    'ended_C3_protected',
    "The lesson did not start because Sam's side was not ready in time.",
    'It is not charged, because they were ready first. Please offer new times.',
    ['Add a note', 'Home'],
  ],
  [
    'C3-protected-p',
    'ended_C3_protected',
    'The lesson could not start today.',
    'You are not charged, because you were ready first. Mrs Novakova will offer you new times.',
    ['Home'],
  ],
  [
    'C7-p',
    'ended_C7',
    "The lesson could not start. It was nobody's fault.",
    'Nobody is charged. There will be another time.',
    ['Home'],
  ],
  [
    'C7-platform-t',
    'ended_C7',
    'The lesson could not start because our service had a problem. Sorry.',
    'Nobody is charged. There will be another time.',
    ['Add a note', 'Home'],
  ],
  ['stopped-t', 'ended_decision', 'You stopped the lesson: no charge.', '', ['See next lesson', 'Home']],
  [
    'owed-t',
    'ended_decision',
    'You stopped the lesson: 18 minutes are owed.',
    '',
    ['See next lesson', 'Home'],
  ],
  [
    'stopped-p',
    'ended_decision',
    'The lesson stopped early, because the connection was lost for too long.',
    'Too much time was lost, so this lesson is not charged. There will be another time.',
    ['See next lesson', 'Home'],
  ],
  ['time-up-t', 'ended_time', 'The lesson has ended. 30 minutes.', '', ['See next lesson', 'Home']],
  ['time-up-p', 'ended_time', 'The lesson has ended. Well done.', '', ['See next lesson', 'Home']],
  [
    'taken-over-p',
    'taken_over',
    'This lesson is open on another screen. Use it here instead?',
    '',
    ['Use it here', 'Stay there'],
  ],
  ['moved-t', 'moved', 'You moved the lesson to another screen.', '', ['Bring it back here']],
  [
    'missing-p',
    'device_missing',
    'We cannot find a camera. Plug one in, or use another device.',
    '',
    ['Try again', 'Show me how'],
  ],
  [
    'in-use-t',
    'device_in_use',
    'Another program is using the camera. Close it, then try again.',
    '',
    ['Try again', 'Show me how'],
  ],
  ['sound-blocked-p', 'sound_blocked', 'Tap here to hear Mrs Novakova.', '', ['Turn sound on']],
  ['sound-blocked-t', 'sound_blocked', 'Tap here to hear Sam.', '', ['Turn sound on']],
  ['reconnecting-t', 'reconnecting', 'Chat is reconnecting. You can carry on.', '', []],
];

test.each(EXPECTED)('%s reads as PAGES.md says', (name, state, headline, second, words) => {
  const shown = look(name);
  expect({ state: shown.state, headline: shown.headline, second: shown.second, words: shown.words }).toEqual({
    state,
    headline,
    second,
    words,
  });
});

test('every recorded room has words, a title, and no slot left open', () => {
  for (const [name, recorded] of Object.entries(ROOMS)) {
    const shown = look(name);
    expect(`${shown.headline} ${shown.second} ${shown.spoken}`, name).not.toMatch(/\{[a-z]+\}/);
    expect(titleOf(room(recorded), shown), name).toMatch(/^.+ – Violin with (Mrs Novakova|Sam|Sam and Mia)$/);
    expect(shown.buttons.length, name).toBeLessThanOrEqual(2);
    expect(shown.buttons.filter((b) => b.primary).length, name).toBeLessThanOrEqual(1);
  }
});

describe('clocks', () => {
  test('C3 the clock goes on between two statuses, by the server’s own time', () => {
    const recorded = ROOMS['own-clock-p'] as Recorded;
    expect(present(room(recorded), recorded.now + 30_000).clock?.text).toBe('2:42');
    expect(present(room(recorded), recorded.now + 400_000).clock?.text).toBe('0:00');
  });

  test('a running clock and its consequence stay in the line under a higher state', () => {
    const shown = look('blocked-p');
    expect(shown.state).toBe('device_blocked');
    expect(shown.headline).toBe('The browser is blocking your camera. 3:12 left.');
    expect(shown.second).toContain(
      'If we cannot start by 4:35pm, this counts as a missed lesson and is charged.',
    );
  });

  test('C3 before it is settled nobody is told that it is charged', () => {
    const { outcome: _, ...recorded } = ROOMS['C3-p'] as Recorded;
    const shown = present(room(recorded), recorded.now);
    expect(`${shown.headline} ${shown.second}`).not.toContain('charged');
  });

  test('L1 a kind without a charge shows the clock without its consequence', () => {
    const shown = look('own-clock-p', { lesson: { charged: false } });
    expect(shown.headline).toBe('Your side is not ready yet. 3:12 left.');
    expect(shown.second).toBe('Your picture and sound are not reaching us yet.');
  });

  test('with one’s own line gone nobody is told that the teacher sees them', () => {
    const shown = look('own-clock-p', { sam: { evidence: 'lost', here: true, reasons: ['line'] } });
    expect(shown.second).toMatch(/^Your connection has dropped\. If we cannot start by/);
  });
});

describe('precedence', () => {
  test('what ended stands above everything', () => {
    const shown = look('C3-p', { here: { soundBlocked: true, camera: 'blocked', link: 'moved' } });
    expect(shown.state).toBe('ended_C3');
  });

  test('End pressed here reads as ending at once, before the server answers', () => {
    expect(look('live-t', { here: { endPressed: true } }).state).toBe('ending');
  });

  test('interrupted stands above a decision that is open; weak below it', () => {
    const interrupted = { ...ROOMS['decision-t']?.part, phase: 'interrupted' } as const;
    expect(look('decision-t', { part: interrupted, sam: { evidence: 'lost' } }).state).toBe(
      'interrupted_theirs',
    );
    expect(look('decision-t', { status: { weak: ['sam'] } }).state).toBe('decision');
  });

  test('a paused lesson stands above a lost line', () => {
    expect(look('paused-t', { here: { link: 'reconnecting', lostAt: 1, mediaFlows: false } }).state).toBe(
      'paused',
    );
  });
});

test('D1 to D3, D9 both sides of every silent ending look the same but for the other’s name', () => {
  const teacher = look('ended-neutral-p', { role: 'teacher' });
  const pupil = look('ended-neutral-p');
  expect({ ...teacher }).toEqual({ ...pupil });
});

test('B1 after a yes the teacher is not asked again, after a new check-in they are', () => {
  const line = (what: 'adult_in' | 'adult_seen') =>
    ({ shown: 'happened', at: 0, what, side: 'sam', detail: '' }) as const;
  expect(look('settling-t', { timeline: [line('adult_in'), line('adult_seen')] }).words).toEqual([]);
  expect(look('settling-t', { timeline: [line('adult_seen'), line('adult_in')] }).words).toEqual([
    'Yes',
    'No',
  ]);
});

test('Q1 an observer sees names and clocks of both sides and has no buttons in the line', () => {
  for (const name of ['watch-live', 'watch-clock']) expect(look(name).words).toEqual([]);
  expect(look('watch-clock').headline).toBe("Waiting for Sam's side. 3:12 left.");
});

describe('C6 opens at 5:00 of lost time, mostly while the line is still down', () => {
  const open = ROOMS['lost-decision-t']?.part;

  test('the teacher decides from there, and can still write', () => {
    const shown = look('lost-decision-t');
    expect(shown.state).toBe('interrupted_theirs');
    expect(shown.headline).toBe("We have lost Sam's side. We are trying to get it back.");
    expect(shown.second).toBe('Lost so far 5:12. After 5:00 in all, you decide what happens.');
    expect(shown.words).toEqual(['Decide now', 'Write to them']);
    expect(shown.buttons[0]?.act).toEqual({ do: 'ask_decision', pupil: 'sam' });
  });

  test('whatever the interruption is called', () => {
    const lostOnes = [
      look('lost-decision-t', { status: { platform_up: false } }),
      look('lost-decision-t', { sam: { evidence: 'unknown', here: true, reasons: ['path'] } }),
    ];
    for (const shown of lostOnes) {
      expect(shown.state).toBe('interrupted_platform');
      expect(shown.words).toEqual(['Decide now']);
    }
    const mine = look('lost-decision-t', { teacher: { evidence: 'lost', reasons: ['line'] }, sam: {} });
    expect(mine.state).toBe('interrupted_yours');
    expect(mine.words[0]).toBe('Decide now');
  });

  test('a side whose media reaches nobody reads that, and not that its connection dropped: the chat goes on', () => {
    const media = { evidence: 'lost' as const, reasons: ['media'] };
    const mine = look('lost-yours-p', { here: { lostAt: 0, mediaFlows: false }, sam: media });
    expect(mine.state).toBe('interrupted_yours');
    expect(mine.headline).toBe('Your picture and sound are not reaching us. We are trying to get them back.');
    expect(look('lost-theirs-p', { teacher: media }).headline).toContain("We have lost Mrs Novakova's side.");
  });

  test('not before, not after, and never for the family', () => {
    for (const decision of ['', 'teach_on'] as const) {
      expect(look('lost-decision-t', { part: { ...open, decision } }).words).toEqual(['Write to them']);
    }
    const family = look('lost-theirs-p', { part: open ?? {} });
    expect(family.words).toEqual(['Write to them']);
    expect(family.second).toContain('Mrs Novakova decides');
  });
});

describe('one’s own picture or sound that is nothing', () => {
  const here = { ownPicture: 'black', ownSound: 'silent' } as const;
  const black = 'Your picture is black. Is the camera covered or switched off?';

  test('is named while the lesson simply goes on', () => {
    expect(look('live-t', { here }).state).toBe('own_black');
    expect(look('live-t', { here }).words).toEqual(['Choose another', 'Show me how']);
    expect(look('live-p', { here: { ownSound: 'silent' } }).headline).toContain('sends silence');
  });

  test('who is off and talks is told so, with nothing to press but the microphone itself', () => {
    const muted = look('live-t', { here: { microphone: 'off', ownSound: 'muted' } });
    expect([muted.state, muted.headline, muted.words]).toEqual([
      'own_muted',
      'You are muted, and you are talking.',
      [],
    ]);
    // On again, before it was looked at once more.
    expect(look('live-t', { here: { microphone: 'on', ownSound: 'muted' } }).state).toBe('live');
    expect(look('lost-theirs-t', { here: { microphone: 'off', ownSound: 'muted' } }).state).toBe(
      'interrupted_theirs',
    );
  });

  test('stands under what is said before the start, and leaves its button there', () => {
    const shown = look('before-ready-t', { here });
    expect([shown.state, shown.second, shown.words]).toEqual(['before', black, ['Start now']]);
    expect(look('before-adult-p', { here }).second).toBe('A grown-up still needs to check in.');
  });

  test('takes the place of no clock, pause, loss, choice or question', () => {
    for (const name of [
      'own-clock-p',
      'other-clock-t',
      'paused-p',
      'lost-theirs-t',
      'decision-t',
      'settling-t',
    ])
      if (name in ROOMS) expect(look(name, { here }), name).toEqual(look(name));
    expect(Object.keys(ROOMS)).toEqual(expect.arrayContaining(['own-clock-p', 'paused-p', 'settling-t']));
  });

  test('is not said of what is switched off', () => {
    expect(look('live-t', { here: { ...here, camera: 'off', microphone: 'off' } }).state).toBe('live');
  });
});
