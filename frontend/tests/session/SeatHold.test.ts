import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { browserId } from '../../src/session/browserId';
import { SeatHold } from '../../src/session/SeatHold';
import { Shelf } from '../../src/session/Shelf';
import { FakeLink } from './FakeLink';
import { memoryStorage } from './memoryStorage';

let link: FakeLink;
let seat: SeatHold;
let told: boolean[];

beforeEach(() => {
  vi.useFakeTimers();
  link = new FakeLink();
  seat = new SeatHold(link, 'mine');
  told = [];
  seat.events.on('changed', () => told.push(seat.held));
});

afterEach(() => {
  seat.release();
  vi.useRealTimers();
});

const asked = (): unknown[] =>
  link
    .errands()
    .map((message) => (message.type === 'sit' ? message.take : message.type));
const state = (): void =>
  link.say({ type: 'state', draft_version: 0, turns: [], pending: [] });

test('who writes asks on every connection, and again before it runs out', () => {
  state();
  expect(asked()).toEqual([]);
  seat.request();
  link.say({ type: 'seat', holder: 'mine' });
  vi.advanceTimersByTime(14_900);
  expect(asked()).toEqual([false, false, false]);
  state();
  expect(asked()).toEqual([false]);
  expect(told).toEqual([]);
});

test('who looks on says so', () => {
  seat.request();
  link.say({ type: 'seat', holder: 'other' });
  vi.advanceTimersByTime(5_000);
  seat.takeOver();
  const waits = link
    .errands()
    .map((message) => message.type === 'sit' && message.waits);
  expect(waits).toEqual([false, true, true]);
});

test('who looks on has the seat when it is left, or takes it', () => {
  seat.request();
  link.say({ type: 'seat', holder: 'other' });
  expect(told).toEqual([false]);
  vi.advanceTimersByTime(5_000);
  asked();
  vi.advanceTimersByTime(2_000);
  expect(asked()).toEqual([false]);
  link.say({ type: 'seat', holder: 'mine' });
  link.say({ type: 'seat', holder: 'other' });
  seat.takeOver();
  expect(asked()).toEqual([true]);
  link.say({ type: 'seat', holder: 'mine' });
  expect(told).toEqual([false, true, false, true]);
});

test('who does not write is told nothing and asks nothing', () => {
  link.say({ type: 'seat', holder: 'other' });
  seat.request();
  seat.release();
  asked();
  link.say({ type: 'seat', holder: 'other' });
  state();
  vi.advanceTimersByTime(60_000);
  expect(asked()).toEqual([]);
  expect(told).toEqual([]);
});

test('a browser has one name, and a page without locks one of its own', () => {
  let count = 0;
  const newId = (): string => {
    count += 1;
    return `id${count}`;
  };
  const shelf = new Shelf(memoryStorage());
  const named = [true, true, false, false, true].map((locks) =>
    browserId(shelf, locks, newId),
  );
  expect(named).toEqual(['id1', 'id1', 'id2', 'id3', 'id1']);
});
