import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import type { Session } from '../../src/session/Session';
import { SilenceWatch } from '../../src/session/SilenceWatch';
import { FakeLink } from './FakeLink';

let link: FakeLink;
let watch: SilenceWatch;
let session: { pending: unknown[] };

beforeEach(() => {
  vi.useFakeTimers();
  link = new FakeLink();
  session = { pending: [] };
  watch = new SilenceWatch(session as unknown as Session, link, () =>
    Date.now(),
  );
});

afterEach(() => {
  watch.stop();
  vi.useRealTimers();
});

test('who waits and hears nothing asks, and asks again', () => {
  session.pending = ['turn'];
  vi.advanceTimersByTime(29_000);
  expect(link.renewed).toBe(0);
  vi.advanceTimersByTime(6_000);
  expect(link.renewed).toBe(1);
  vi.advanceTimersByTime(30_000);
  expect(link.renewed).toBe(2);
});

test('word of the work is waited for; the time of day is none', () => {
  session.pending = ['turn'];
  vi.advanceTimersByTime(20_000);
  link.say({ type: 'progress', turn: 'a', fraction: 0.5, stage: 'first' });
  vi.advanceTimersByTime(20_000);
  expect(link.renewed).toBe(0);
  link.say({ type: 'clock', t: 0, server_ms: 0 });
  vi.advanceTimersByTime(15_000);
  expect(link.renewed).toBe(1);
});

test('nothing is asked where nothing is due', () => {
  vi.advanceTimersByTime(600_000);
  session.pending = ['turn'];
  vi.advanceTimersByTime(20_000);
  expect(link.renewed).toBe(0);
});
