import { expect, test } from 'vitest';
import { SlicePlacement } from '../../src/geometry/SlicePlacement';
import { markBox } from '../../src/viewer/markBox';
import type { Prompt } from '../../src/wire/Prompt';

/** Columns go down the screen and rows to the left: as an oblique case lies. */
const TURNED = new SlicePlacement([100, 0], [100, 2], [97, 0]);

test('holds every kind of mark, with what is drawn around it', () => {
  const marks: Prompt[] = [
    { kind: 'click', label: 1, voxel: [0, 10, 20] },
    {
      kind: 'scribble',
      label: 0,
      voxels: [
        [0, 12, 20],
        [0, 14, 30],
      ],
      width: 5,
    },
  ];
  expect(markBox(TURNED, marks.slice(0, 1))).toEqual({
    left: 62,
    right: 78,
    top: 32,
    bottom: 48,
  });
  expect(markBox(TURNED, marks)).toEqual({
    left: 50,
    right: 78,
    top: 32,
    bottom: 68,
  });
});

test('of a box reaches to the outer sides of its voxels', () => {
  const box: Prompt = {
    kind: 'box',
    label: 1,
    start: [0, 0, 0],
    stop: [1, 10, 10],
  };
  expect(markBox(TURNED, [box])).toEqual({
    left: 100 - 9.5 * 3 - 8,
    right: 100 + 0.5 * 3 + 8,
    top: -0.5 * 2 - 8,
    bottom: 9.5 * 2 + 8,
  });
});

test('of nothing that is drawn is none', () => {
  expect(markBox(TURNED, [])).toBeNull();
  expect(markBox(TURNED, [{ kind: 'accept', slice: 3 }])).toBeNull();
});
