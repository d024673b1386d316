import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { Emitter } from '../../src/session/Emitter';
import { MaskVolume } from '../../src/session/MaskVolume';
import type { Session } from '../../src/session/Session';
import type { SessionEvents } from '../../src/session/SessionEvents';
import { VisitPlanner } from '../../src/session/VisitPlanner';

const take = vi.fn();
const rests = vi.fn();
let drawing: boolean;
let planner: VisitPlanner;

beforeEach(() => {
  vi.useFakeTimers();
  take.mockReset();
  rests.mockReset();
  drawing = false;
  const mask = new MaskVolume([4, 1, 1]);
  mask.write(
    { start: [2, 0, 0], stop: [3, 1, 1], labels: new Uint8Array(1) },
    1,
  );
  const session = {
    events: new Emitter<SessionEvents>(),
    log: { turns: [] },
    mask,
    ready: true,
    pending: [],
    take,
  };
  planner = new VisitPlanner(
    session as unknown as Session,
    rests,
    () => drawing,
  );
});

afterEach(() => {
  planner.stop();
  vi.useRealTimers();
});

test('a slice that is stayed on is visited, one that is passed is not', () => {
  planner.moveTo(0);
  vi.advanceTimersByTime(100);
  planner.moveTo(1);
  vi.advanceTimersByTime(200);
  expect(take).toHaveBeenCalledExactlyOnceWith([{ kind: 'visit', slice: 1 }]);
  expect(rests).not.toHaveBeenCalled();
});

test('nobody looks ahead before the hand has rested', () => {
  planner.moveTo(2);
  vi.advanceTimersByTime(700);
  expect(planner.idle).toBe(true);
  expect(rests).not.toHaveBeenCalled();
  drawing = true;
  vi.advanceTimersByTime(5000);
  expect(rests).not.toHaveBeenCalled();
  drawing = false;
  vi.advanceTimersByTime(700);
  expect(rests).toHaveBeenCalledExactlyOnceWith(2);
  expect(take).not.toHaveBeenCalled();
});
