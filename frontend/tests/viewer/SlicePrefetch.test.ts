import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { SlicePrefetch } from '../../src/viewer/SlicePrefetch';

const load = vi.fn<(slice: number) => Promise<void>>();
const asked = (): number[] => load.mock.calls.map(([slice]) => slice);

beforeEach(() => {
  vi.useFakeTimers();
  load.mockReset();
});

afterEach(() => {
  vi.useRealTimers();
});

test('the slice looked at comes first, then outwards on both sides', async () => {
  load.mockResolvedValue();
  new SlicePrefetch(9, load, 4, 99, vi.fn(), vi.fn());
  await vi.runAllTimersAsync();
  expect(asked()).toEqual([4, 5, 3, 6, 2, 7, 1, 8, 0]);
});

test('six at once; where the reader goes, the next ones follow', async () => {
  const done: (() => void)[] = [];
  load.mockImplementation(() => new Promise((resolve) => done.push(resolve)));
  const prefetch = new SlicePrefetch(9, load, 0, 99, vi.fn(), vi.fn());
  expect(asked()).toEqual([0, 1, 2, 3, 4, 5]);
  prefetch.moveTo(8);
  done[0]?.();
  await vi.runAllTimersAsync();
  expect(asked()).toEqual([0, 1, 2, 3, 4, 5, 8]);
});

test('a slice that fails is told once, and comes when it can', async () => {
  let gone = true;
  load.mockImplementation(async (slice) => {
    if (gone && slice === 1) {
      throw new Error('gone');
    }
  });
  const told = vi.fn();
  const failed = vi.fn();
  new SlicePrefetch(3, load, 0, 99, told, failed);
  await vi.advanceTimersByTimeAsync(60_000);
  expect(failed).toHaveBeenCalledTimes(1);
  expect(told).not.toHaveBeenCalledWith(expect.anything(), 1);
  gone = false;
  await vi.advanceTimersByTimeAsync(30_000);
  expect(told).toHaveBeenLastCalledWith(3, 1);
});

test('what failed is asked for at once when the reader wants it so', async () => {
  load.mockRejectedValueOnce(new Error('gone')).mockResolvedValue();
  const told = vi.fn();
  const prefetch = new SlicePrefetch(1, load, 0, 99, told, vi.fn());
  await vi.advanceTimersByTimeAsync(1);
  prefetch.hurry();
  await vi.advanceTimersByTimeAsync(1);
  expect(told).toHaveBeenCalledWith(1, 0);
  await vi.runAllTimersAsync();
  expect(asked()).toEqual([0, 0]);
});

test('a slice put out of memory comes again when the reader is near', async () => {
  load.mockResolvedValue();
  const prefetch = new SlicePrefetch(3, load, 0, 99, vi.fn(), vi.fn());
  await vi.runAllTimersAsync();
  prefetch.forget(0);
  prefetch.moveTo(1);
  await vi.runAllTimersAsync();
  expect(asked()).toEqual([0, 1, 2, 0]);
});

test('stopped, it asks for nothing more', async () => {
  load.mockRejectedValue(new Error('gone'));
  const prefetch = new SlicePrefetch(1, load, 0, 99, vi.fn(), vi.fn());
  await vi.advanceTimersByTimeAsync(1);
  prefetch.stop();
  await vi.advanceTimersByTimeAsync(90_000);
  expect(asked()).toEqual([0]);
});

test('what memory cannot hold is not loaded, to be put out and loaded again', async () => {
  load.mockResolvedValue();
  const prefetch = new SlicePrefetch(9, load, 4, 3, vi.fn(), vi.fn());
  await vi.runAllTimersAsync();
  expect(asked()).toEqual([4, 5, 3]);
  prefetch.moveTo(8);
  await vi.runAllTimersAsync();
  expect(asked()).toEqual([4, 5, 3, 8, 7, 6]);
});
