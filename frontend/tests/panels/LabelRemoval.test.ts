import { beforeEach, expect, test, vi } from 'vitest';
import { LabelRemoval } from '../../src/panels/LabelRemoval';
import { EventRecorder } from '../../src/session/EventRecorder';
import { burnMarks } from '../../src/viewer/burnMarks';
import type { Prompt } from '../../src/wire/Prompt';

const SHAPE = [4, 2, 3] as const;
const masks = new Map([
  [0, Uint8Array.from([1, 1, 2, 0, 0, 1])],
  [2, Uint8Array.from([0, 1, 0, 2, 2, 2])],
  [3, Uint8Array.from([2, 2, 2, 0, 0, 0])],
]);

const take = vi.fn();
const tell = vi.fn();

function removal(locked: readonly number[] = [], slice = 0): LabelRemoval {
  return new LabelRemoval(
    {
      slice,
      count: 4,
      writable: true,
      ground: {
        shape: SHAPE,
        labels: (z) => masks.get(z) ?? null,
        values: () => null,
        mayReplace: (label) => !locked.includes(label),
      },
      collector: { send: () => undefined },
      box: { label: 1 },
      tell,
    },
    { take },
    new EventRecorder('tab', () => 0),
    ['paint'],
  );
}

function shown(z: number): number[] {
  const [prompts] = take.mock.calls[0] as [readonly Prompt[]];
  return [...(burnMarks(masks.get(z) ?? null, prompts, z, SHAPE) ?? [])];
}

beforeEach(() => vi.clearAllMocks());

test('a label is removed here, and the others stay', () => {
  removal().here();
  expect(shown(0)).toEqual([0, 0, 2, 0, 0, 0]);
  expect(shown(2)).toEqual([0, 1, 0, 2, 2, 2]);
});

test('everywhere is one turn', () => {
  removal().everywhere();
  expect(take).toHaveBeenCalledOnce();
  expect(take.mock.calls[0]?.[0]).toHaveLength(2);
  expect([shown(0), shown(2)]).toEqual([
    [0, 0, 2, 0, 0, 0],
    [0, 0, 0, 2, 2, 2],
  ]);
});

test('where it is not, or is locked, nothing is sent and it is said', () => {
  removal([], 3).here();
  expect(tell).toHaveBeenLastCalledWith('viewer:label-not-here');
  removal([1]).everywhere();
  expect(tell).toHaveBeenLastCalledWith('viewer:label-locked');
  expect(take).not.toHaveBeenCalled();
});
