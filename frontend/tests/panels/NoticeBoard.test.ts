import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { NoticeBoard } from '../../src/panels/NoticeBoard.svelte';

const error = (code: string) => ({ code, message: code, extra: {} });

beforeEach(() => vi.useFakeTimers());
afterEach(() => vi.useRealTimers());

test('what only answers something done goes by itself, the rest stays', () => {
  const board = new NoticeBoard();
  const keys = (): string[] => board.notices.map(({ key }) => key);
  board.tell(error('viewer:all-accepted'));
  board.tell(error('viewer:mask-unreadable'));
  vi.advanceTimersByTime(7_000);
  expect(keys()).toEqual(['viewer:all-accepted', 'viewer:mask-unreadable']);
  // Told again it stays as long again.
  board.tell(error('viewer:all-accepted'));
  vi.advanceTimersByTime(7_000);
  expect(keys()).toHaveLength(2);
  vi.advanceTimersByTime(2_000);
  expect(keys()).toEqual(['viewer:mask-unreadable']);
  board.clear();
  expect(keys()).toEqual([]);
});
