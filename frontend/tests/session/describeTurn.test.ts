import { describe, expect, test } from 'vitest';
import { describeTurn } from '../../src/session/describeTurn';
import { thumbnailPath } from '../../src/session/thumbnailPath';
import type { Prompt } from '../../src/wire/Prompt';

const STROKE: Prompt = {
  kind: 'scribble',
  label: 2,
  voxels: [
    [4, 1, 2],
    [4, 5, 6],
  ],
  width: 3,
};

test('a turn is told by its first prompt that is more than a look', () => {
  const visit: Prompt = { kind: 'visit', slice: 9 };
  expect(describeTurn({ prompts: [visit, STROKE, STROKE] })).toEqual({
    title: 'Scribble',
    label: 2,
    slice: 4,
    slices: [4, 4],
    count: 2,
  });
  const accept: Prompt = { kind: 'accept', slice: 7 };
  expect(describeTurn({ prompts: [accept, visit] })).toMatchObject({
    title: 'Accept',
    label: null,
    slice: 7,
  });
});

describe('several marks of one turn', () => {
  const dot = (slice: number, x = 0): Prompt => ({
    kind: 'scribble',
    label: 1,
    voxels: [[slice, 0, x]],
    width: 1,
  });
  const said = (...prompts: Prompt[]): string => {
    const { slices, count } = describeTurn({ prompts });
    return `×${count}, ${slices.join('–')}`;
  };

  test('on one slice are counted', () => {
    expect(said(dot(3), dot(3, 5), dot(3, 9))).toBe('×3, 3–3');
  });

  test('are one mark across the slices where they leave none out', () => {
    expect(said(...[11, 12, 13, 14].map((slice) => dot(slice)))).toBe(
      '×1, 11–14',
    );
    // One that is not convex lies on a slice twice.
    expect(said(dot(4), dot(5), dot(5, 7), dot(6))).toBe('×1, 4–6');
  });

  test('with slices between them are counted, from the first to the last', () => {
    expect(said(dot(9), dot(2), dot(4))).toBe('×3, 2–9');
    expect(describeTurn({ prompts: [dot(9), dot(2)] }).slice).toBe(9);
  });

  test('of another kind do not count, nor does a look', () => {
    const click: Prompt = { kind: 'click', label: 1, voxel: [8, 0, 0] };
    expect(said(dot(4), click, { kind: 'visit', slice: 5 })).toBe('×1, 4–4');
  });

  test('a box is one thing, on as many slices as it holds', () => {
    const box: Prompt = {
      kind: 'box',
      label: 1,
      start: [2, 0, 0],
      stop: [6, 4, 1],
    };
    expect(said(box)).toBe('×1, 2–5');
  });
});

describe('a thumbnail', () => {
  test('draws strokes as lines and clicks as dots', () => {
    const click: Prompt = { kind: 'click', label: 1, voxel: [4, 3, 8] };
    expect(thumbnailPath([STROKE, click], 4)).toBe('M2 1L6 5M8 3L8 3');
  });

  test('draws nothing of marks on other slices', () => {
    const click: Prompt = { kind: 'click', label: 1, voxel: [5, 3, 8] };
    expect(thumbnailPath([STROKE, click], 5)).toBe('M8 3L8 3');
    const points: Prompt = {
      kind: 'extreme_points',
      label: 1,
      voxels: [
        [0, 1, 1],
        [0, 2, 2],
        [1, 3, 3],
        [1, 4, 4],
      ],
    };
    expect(thumbnailPath([points], 1)).toBe('M3 3L3 3M4 4L4 4');
  });

  test('frames boxes by the voxels they hold', () => {
    const box: Prompt = {
      kind: 'box',
      label: 1,
      start: [0, 1, 2],
      stop: [1, 5, 9],
    };
    expect(thumbnailPath([box], 0)).toBe('M2 1H8V4H2Z');
  });

  test('of an accept is empty', () => {
    expect(thumbnailPath([{ kind: 'accept', slice: 1 }], 1)).toBe('');
  });
});
