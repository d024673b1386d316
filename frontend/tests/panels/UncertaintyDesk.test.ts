import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { NoticeBoard } from '../../src/panels/NoticeBoard.svelte';
import { UncertaintyDesk } from '../../src/panels/UncertaintyDesk.svelte';
import { Emitter } from '../../src/session/Emitter';
import type { EventRecorder } from '../../src/session/EventRecorder';
import type { Session } from '../../src/session/Session';
import type { SessionEvents } from '../../src/session/SessionEvents';
import { packLabels } from '../../src/wire/packLabels';

const ask = vi.fn<(slice: number) => string | null>();
let events: Emitter<SessionEvents>;
let desk: UncertaintyDesk;

beforeEach(() => {
  vi.useFakeTimers();
  ask.mockReset();
  let asked = 0;
  ask.mockImplementation(() => {
    asked += 1;
    return `q${asked}`;
  });
  events = new Emitter();
  const session = { events, askUncertainty: ask } as unknown as Session;
  const recorder = { record: vi.fn() } as unknown as EventRecorder;
  desk = new UncertaintyDesk(session, recorder, new NoticeBoard(), 2);
});

afterEach(() => vi.useRealTimers());

/** Streams need real time. */
async function answer(
  id: string,
  known: boolean,
  taken: () => boolean,
): Promise<void> {
  const map = packLabels([2, 0, 0], [3, 1, 2], Uint8Array.of(0, 15));
  events.emit('uncertainty', {
    type: 'uncertainty',
    id,
    slice: 2,
    map: known ? { step: 1, ...map } : null,
  });
  vi.useRealTimers();
  await vi.waitUntil(taken, { timeout: 5_000 });
  vi.useFakeTimers();
}

function answered(final: boolean, ...slices: number[]): void {
  const cause = { turn: 't', seq: 1, stage: 's', final, version: 1 };
  events.emit('mask', { slices, cause });
}

test('nothing is asked until it is wanted', () => {
  desk.moveTo(3);
  answered(true, 3);
  vi.runAllTimers();
  expect(ask).not.toHaveBeenCalled();
});

test('it is asked where the reader stays, and when the slice is answered', async () => {
  desk.toggle();
  desk.moveTo(3);
  desk.moveTo(2);
  vi.runAllTimers();
  expect(ask.mock.calls).toEqual([[2]]);
  await answer('q1', true, () => desk.shown !== null);
  expect([...(desk.shown?.levels ?? [])]).toEqual([0, 15]);
  answered(false, 2);
  answered(true, 4);
  vi.runAllTimers();
  expect(ask).toHaveBeenCalledTimes(1);
  answered(true, 2);
  vi.runAllTimers();
  expect(ask).toHaveBeenCalledTimes(2);
  // What was told stays until better is.
  expect(desk.shown).not.toBeNull();
});

test('only the answer to the newest question is shown', async () => {
  desk.toggle();
  vi.runAllTimers();
  desk.moveTo(3);
  vi.runAllTimers();
  await answer('q1', true, () => true);
  expect(desk.shown).toBeNull();
  await answer('q2', true, () => desk.shown !== null);
  expect(ask).toHaveBeenCalledTimes(2);
});

test('where nothing is known, or nobody can be asked, it is said', async () => {
  desk.toggle();
  vi.runAllTimers();
  expect(desk.unknown).toBe(false);
  await answer('q1', false, () => desk.unknown);
  expect(desk.unknown).toBe(true);
  ask.mockReturnValue(null);
  desk.moveTo(1);
  expect(desk.unknown).toBe(false);
  vi.runAllTimers();
  expect(desk.unknown).toBe(true);
});
