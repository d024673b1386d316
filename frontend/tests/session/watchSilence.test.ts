import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import type { LogTurn } from '../../src/session/LogState';
import { watchSilence } from '../../src/session/watchSilence';
import { FakeLink } from './FakeLink';

let link: FakeLink;
let session: { pending: LogTurn[] };
const TURN = {} as LogTurn;

beforeEach(() => {
  vi.useFakeTimers();
  link = new FakeLink();
  session = { pending: [] };
  watchSilence(session, link, () => Date.now());
});

afterEach(() => {
  vi.useRealTimers();
});

test('who waits and hears nothing asks, and asks again', () => {
  session.pending = [TURN];
  vi.advanceTimersByTime(29_000);
  expect(link.renewed).toBe(0);
  vi.advanceTimersByTime(6_000);
  expect(link.renewed).toBe(1);
  vi.advanceTimersByTime(30_000);
  expect(link.renewed).toBe(2);
});

test('word of the work is waited for; the time of day is none', () => {
  session.pending = [TURN];
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
  session.pending = [TURN];
  vi.advanceTimersByTime(20_000);
  expect(link.renewed).toBe(0);
});

test('it ends with the link', () => {
  session.pending = [TURN];
  link.events.emit('closed', { final: false, refusal: null });
  vi.advanceTimersByTime(35_000);
  expect(link.renewed).toBe(1);
  link.events.emit('closed', { final: true, refusal: 4403 });
  vi.advanceTimersByTime(600_000);
  expect(link.renewed).toBe(1);
});
