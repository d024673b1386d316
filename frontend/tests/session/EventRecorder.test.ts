import { expect, test } from 'vitest';
import { EventRecorder } from '../../src/session/EventRecorder';

function made(): { recorder: EventRecorder; at: (ms: number) => void } {
  let now = 0;
  return {
    recorder: new EventRecorder('tab', () => now),
    at: (ms) => {
      now = ms;
    },
  };
}

test('events are numbered from 1 and carry the clock', () => {
  const { recorder, at } = made();
  recorder.record('load');
  at(12.5);
  recorder.record('tool', { tool: 'box' });
  expect(recorder.batch()).toEqual({
    tab: 'tab',
    events: [
      { seq: 1, t: 0, kind: 'load', data: {} },
      { seq: 2, t: 12.5, kind: 'tool', data: { tool: 'box' } },
    ],
  });
});

test('only acknowledged events go, and only those of this tab', () => {
  const { recorder } = made();
  recorder.record('load');
  recorder.record('focus');
  recorder.acknowledge('another', 2);
  recorder.acknowledge('tab', 1);
  expect(recorder.batch()?.events.map(({ seq }) => seq)).toEqual([2]);
  recorder.acknowledge('tab', 2);
  expect(recorder.batch()).toBeNull();
});

test('movements are sampled, each kind by itself', () => {
  const { recorder, at } = made();
  for (let ms = 0; ms <= 2000; ms += 100) {
    at(ms);
    recorder.sample('pointer_move', 500);
    recorder.sample('pan', 1000);
  }
  const kinds = recorder.batch()?.events.map(({ kind }) => kind) ?? [];
  expect(kinds.filter((kind) => kind === 'pointer_move')).toHaveLength(5);
  expect(kinds.filter((kind) => kind === 'pan')).toHaveLength(3);
});

test('a batch has a limit and the rest follows', () => {
  const { recorder } = made();
  for (let i = 0; i < 700; i += 1) {
    recorder.record('scroll');
  }
  expect(recorder.batch()?.events).toHaveLength(500);
  recorder.acknowledge('tab', 500);
  expect(recorder.batch()?.events).toHaveLength(200);
});

test('the last batch stays below what a closing page may send', () => {
  const { recorder } = made();
  for (let i = 0; i < 5000; i += 1) {
    recorder.record('scroll', { from: i, to: i + 1 });
  }
  const batch = recorder.lastBatch();
  expect(batch?.events[0]?.seq).toBe(1);
  expect(JSON.stringify(batch).length).toBeLessThan(65_536);
  expect(JSON.stringify(batch).length).toBeGreaterThan(50_000);
});
