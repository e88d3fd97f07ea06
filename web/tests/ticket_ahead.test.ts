import { expect, test } from 'vitest';
import { askAhead, KEPT_MS, takeAhead } from '../pages/ticket_ahead';

function asking() {
  const asked: string[] = [];
  const ask = async (lesson: string) => {
    asked.push(lesson);
    return { ticket: `ticket ${asked.length}` };
  };
  return { asked, ask };
}

test('a ticket that was asked for ahead is taken once', async () => {
  const { asked, ask } = asking();
  askAhead('violin', ask, 0);
  askAhead('violin', ask, 10);
  expect(asked).toEqual(['violin']);
  expect(await takeAhead('violin', 20)).toBe('ticket 1');
  expect(takeAhead('violin', 30)).toBeNull();
});

test('of another lesson, or too old, it is of no use', () => {
  const { ask } = asking();
  askAhead('violin', ask, 0);
  expect(takeAhead('cello', 10)).toBeNull();
  askAhead('violin', ask, 0);
  expect(takeAhead('violin', KEPT_MS)).toBeNull();
});

test('a refusal is heard by whoever takes it, and by nobody else', async () => {
  const refuse = () => Promise.reject(new Error('over'));
  askAhead('violin', refuse, 0);
  await expect(takeAhead('violin', 1)).rejects.toThrow('over');
  askAhead('violin', refuse, 10_000_000);
  await new Promise((done) => setTimeout(done));
  expect(takeAhead('cello', 10_000_001)).toBeNull();
});
