import { expect, test } from 'vitest';
import type { LogTurn } from '../../src/session/LogState';
import { needsVisit } from '../../src/session/needsVisit';
import { sliceStates } from '../../src/session/sliceStates';
import type { Prompt } from '../../src/wire/Prompt';
import { packPaint } from '../../src/wire/paintedRegion';

function turns(
  ...prompts: (readonly Prompt[] | 'undone')[]
): readonly LogTurn[] {
  return prompts.map((prompt, i) => ({
    id: String(i),
    seq: i + 1,
    state: prompt === 'undone' ? 'undone' : 'active',
    undoneAt: prompt === 'undone' ? 1 : null,
    prompts: prompt === 'undone' ? [{ kind: 'accept', slice: 0 }] : prompt,
    stage: null,
    final: true,
    fraction: null,
    failure: null,
  }));
}

test('every slice shows the last thing done on it', () => {
  const log = {
    turns: turns(
      [
        { kind: 'accept', slice: 1 },
        { kind: 'visit', slice: 2 },
      ],
      [{ kind: 'click', label: 1, voxel: [3, 0, 0] }],
      [{ kind: 'accept', slice: 4 }],
      [{ kind: 'scribble', label: 0, voxels: [[4, 1, 1]], width: 3 }],
      'undone',
    ),
  };
  expect(sliceStates(log, new Set([0, 2]), 6)).toEqual([
    'predicted',
    'accepted',
    'predicted',
    'scribbled',
    'scribbled',
    'untouched',
  ]);
});

test('a mark across the slices opens every one of them again', () => {
  const box: Prompt = {
    kind: 'box',
    label: 1,
    start: [1, 0, 0],
    stop: [4, 9, 1],
  };
  const voxels = [
    [0, 1, 1],
    [0, 2, 2],
    [5, 1, 2],
    [5, 2, 1],
  ] as const;
  const log = {
    turns: turns(
      [{ kind: 'accept', slice: 2 }],
      [box],
      [{ kind: 'accept', slice: 3 }],
      [{ kind: 'extreme_points', label: 1, voxels }],
    ),
  };
  expect(sliceStates(log, new Set(), 6)).toEqual([
    'scribbled',
    'scribbled',
    'scribbled',
    'accepted',
    'untouched',
    'scribbled',
  ]);
});

test('what was interpolated waits for somebody to see to it', () => {
  const painted = (slice: number, origin?: 'interpolation'): Prompt =>
    packPaint(
      {
        start: [slice, 0, 0],
        stop: [slice + 1, 1, 1],
        labels: Uint8Array.of(1),
        where: Uint8Array.of(1),
      },
      origin,
    );
  const log = {
    turns: turns(
      [painted(0), painted(3)],
      [{ kind: 'accept', slice: 1 }],
      [painted(1, 'interpolation'), painted(2, 'interpolation')],
      [painted(2)],
    ),
  };
  expect(sliceStates(log, new Set(), 4)).toEqual([
    'scribbled',
    'predicted',
    'scribbled',
    'scribbled',
  ]);
});

test('a slice is visited once, and not where a mask is', () => {
  const log = { turns: turns([{ kind: 'visit', slice: 1 }]) };
  expect(needsVisit(log, new Set([0]), 0)).toBe(false);
  expect(needsVisit(log, new Set([0]), 1)).toBe(false);
  expect(needsVisit(log, new Set([0]), 2)).toBe(true);
});
