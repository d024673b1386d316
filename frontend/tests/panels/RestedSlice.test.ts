import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { RestedSlice } from '../../src/panels/RestedSlice.svelte';

beforeEach(() => {
  vi.useFakeTimers();
});
afterEach(() => {
  vi.useRealTimers();
});

test('what is told beside the picture changes once, when the reader stays', () => {
  const rested = new RestedSlice();
  for (let slice = 1; slice < 20; slice += 1) {
    rested.moveTo(slice);
    vi.advanceTimersByTime(300);
    expect(rested.slice).toBe(0);
  }
  vi.advanceTimersByTime(400);
  expect(rested.slice).toBe(19);
  rested.moveTo(3);
  rested.stop();
  vi.advanceTimersByTime(1000);
  expect(rested.slice).toBe(19);
});
