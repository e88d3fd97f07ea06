import { readFileSync } from 'node:fs';
import { expect, test } from 'vitest';
import { BUTTONS, CHECK, DEVICES, OUTCOME, ROOM, SOUND, TAG, WATCH, WHY } from '../words';

const DOC = readFileSync(new URL('../../docs/pages.md', import.meta.url), 'utf8');

/** The rows of the table under a heading, as cells. */
function table(heading: string): string[][] {
  const part = DOC.split(`## ${heading}`)[1]?.split('\n## ')[0] ?? '';
  const rows = part.split('\n').filter((line) => line.startsWith('|'));
  return rows.slice(2).map((line) =>
    line
      .split('|')
      .slice(1, -1)
      .map((cell) => cell.trim()),
  );
}

const quoted = (text: string) => [...text.matchAll(/"([^"]+)"/g)].map((found) => found[1] ?? '');

/** Rows whose words are another row's: the closing sentence. */
const SAME = new Set([
  'Ended by the safety hook, a manager or the safeguarding team',
  'Over: teacher left the service (`A3`), one side removed',
]);

test('each row of the room’s table has its sentences in words.ts, and the other way round', () => {
  const entries = new Map(Object.values(ROOM).map((entry) => [entry.row as string, entry]));
  const rows = table('The room in every state');
  expect(rows.length).toBeGreaterThan(30);
  for (const cells of rows) {
    const row = cells[0] ?? '';
    if (SAME.has(row)) continue;
    const entry = entries.get(row);
    expect(entry, row).toBeDefined();
    if (entry === undefined) continue;
    // In order: teacher, pupil side, (buttons), spoken, look.
    const there = new Set([cells[1], cells[2], cells[4], cells[5]].flatMap((cell) => quoted(cell ?? '')));
    const { row: _, ...sentences } = entry;
    const here = new Set<string>(Object.values(sentences));
    for (const text of there) expect([...here], `${row}: missing "${text}"`).toContain(text);
    for (const text of here) expect([...there], `${row}: made up "${text}"`).toContain(text);
    entries.delete(row);
  }
  expect([...entries.keys()]).toEqual([]);
});

test('each button of the table is in words.ts, or nothing stands behind it yet', () => {
  // Phone numbers, new times, a second look, the device check and mailed links come with later issues.
  const later = new Set([
    'Show phone number',
    'Offer new times',
    'Ask a person to look again',
    'Check my device',
    'Email me the link',
  ]);
  const words = new Set<string>(Object.values(BUTTONS));
  const cells = table('The room in every state').flatMap((row) => [row[1] ?? '', row[3] ?? '', row[5] ?? '']);
  const bold = new Set(
    cells.flatMap((cell) => [...cell.matchAll(/\*\*([^*"]+)\*\*/g)].map((found) => found[1] ?? '')),
  );
  expect(bold.size).toBeGreaterThan(25);
  for (const text of bold) if (!later.has(text)) expect([...words], text).toContain(text);
});

test('the reasons are the table’s', () => {
  const cells = table('Reasons')
    .flat()
    .flatMap(quoted)
    // A remark about another sentence, not a reason.
    .filter((text) => !text.endsWith(' …'));
  const words: string[] = [...Object.values(WHY.own), ...Object.values(WHY.other)];
  expect(new Set(words)).toEqual(new Set(cells));
});

test('the outcome words and tags are the table’s', () => {
  const rows = table('Outcomes');
  expect(new Set<string>(Object.values(OUTCOME))).toEqual(
    new Set(rows.flatMap((row) => quoted(row[1] ?? ''))),
  );
  const tags = new Set(rows.flatMap((row) => (row[2] ?? '').split('·').map((tag) => tag.trim())));
  const { finished: _, ...charged } = TAG;
  expect(new Set<string>(Object.values(charged))).toEqual(tags);
});

/** Every sentence of a nest of them. */
function leaves(words: object): string[] {
  return Object.values(words).flatMap((value) => (typeof value === 'string' ? [value] : leaves(value)));
}

test.each([
  ['Device check', CHECK],
  ['Devices in the lesson', DEVICES],
  ['Sound', SOUND],
])('the words of "%s" are the table’s, both ways', (heading, words) => {
  const there = new Set(table(heading).flatMap((cells) => quoted(cells[1] ?? '')));
  expect(there.size).toBeGreaterThan(5);
  expect(new Set(leaves(words))).toEqual(there);
});

test('the watch page’s words about pictures and sound are the table’s', () => {
  const cells = table('Watching').map((row) => row[1] ?? '');
  expect(new Set(cells.flatMap(quoted))).toEqual(new Set<string>(Object.values(WATCH)));
});
