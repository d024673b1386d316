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
    count: 2,
  });
  const accept: Prompt = { kind: 'accept', slice: 7 };
  expect(describeTurn({ prompts: [accept, visit] })).toMatchObject({
    title: 'Accept',
    label: null,
    slice: 7,
  });
});

describe('a thumbnail', () => {
  test('draws strokes as lines and clicks as dots', () => {
    const click: Prompt = { kind: 'click', label: 1, voxel: [4, 3, 8] };
    expect(thumbnailPath([STROKE, click])).toBe('M2 1L6 5M8 3L8 3');
  });

  test('frames boxes by the voxels they hold', () => {
    const box: Prompt = {
      kind: 'box',
      label: 1,
      start: [0, 1, 2],
      stop: [1, 5, 9],
    };
    expect(thumbnailPath([box])).toBe('M2 1H8V4H2Z');
  });

  test('of an accept is empty', () => {
    expect(thumbnailPath([{ kind: 'accept', slice: 1 }])).toBe('');
  });
});
