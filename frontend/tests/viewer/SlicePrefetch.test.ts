import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { SlicePrefetch } from '../../src/viewer/SlicePrefetch';

const { load } = vi.hoisted(() => ({
  load: vi.fn<(imageId: string) => Promise<void>>(),
}));
vi.mock('@cornerstonejs/core', () => ({
  Enums: { RequestType: { Prefetch: 'prefetch' } },
  imageLoader: { loadAndCacheImage: load },
}));

const ids = Array.from({ length: 9 }, (_, k) => String(k));
const asked = (): number[] => load.mock.calls.map(([id]) => Number(id));

beforeEach(() => {
  vi.useFakeTimers();
  load.mockReset();
});

afterEach(() => {
  vi.useRealTimers();
});

test('the slice looked at comes first, then outwards on both sides', async () => {
  load.mockResolvedValue();
  new SlicePrefetch(ids, 4, 99, vi.fn(), vi.fn());
  await vi.runAllTimersAsync();
  expect(asked()).toEqual([4, 5, 3, 6, 2, 7, 1, 8, 0]);
});

test('four at once; where the reader goes, the next ones follow', async () => {
  const done: (() => void)[] = [];
  load.mockImplementation(() => new Promise((resolve) => done.push(resolve)));
  const prefetch = new SlicePrefetch(ids, 0, 99, vi.fn(), vi.fn());
  expect(asked()).toEqual([0, 1, 2, 3]);
  prefetch.moveTo(8);
  done[0]?.();
  await vi.runAllTimersAsync();
  expect(asked()).toEqual([0, 1, 2, 3, 8]);
});

test('a slice that fails is told once, and comes when it can', async () => {
  let gone = true;
  load.mockImplementation(async (id) => {
    if (gone && id === '1') {
      throw new Error('gone');
    }
  });
  const told = vi.fn();
  const failed = vi.fn();
  new SlicePrefetch(ids.slice(0, 3), 0, 99, told, failed);
  await vi.advanceTimersByTimeAsync(60_000);
  expect(failed).toHaveBeenCalledTimes(1);
  expect(told).not.toHaveBeenCalledWith(expect.anything(), 1);
  gone = false;
  await vi.advanceTimersByTimeAsync(30_000);
  expect(told).toHaveBeenLastCalledWith(3, 1);
});

test('stopped, it asks for nothing more', async () => {
  load.mockRejectedValue(new Error('gone'));
  const prefetch = new SlicePrefetch(ids.slice(0, 1), 0, 99, vi.fn(), vi.fn());
  await vi.advanceTimersByTimeAsync(1);
  prefetch.stop();
  await vi.advanceTimersByTimeAsync(90_000);
  expect(asked()).toEqual([0]);
});
