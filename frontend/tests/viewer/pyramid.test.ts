import { expect, test } from 'vitest';
import { SlicePlacement } from '../../src/geometry/SlicePlacement';
import { pyramidLevel, shownBox } from '../../src/viewer/PicturePyramid';

const PANE = { width: 800, height: 600 };
const PICTURE = { width: 8192, height: 8190 };
/** Voxel (0, 0) at `x, y` of the pane, `scale` pixels per voxel. */
const at = (x: number, y: number, scale: number) =>
  new SlicePlacement([x, y], [x + scale, y], [x, y + scale]);

test('the picture drawn from is as fine as the screen, and no finer', () => {
  expect(
    [2, 1, 0.6, 0.5, 0.3, 0.25, 0.07].map((s) => pyramidLevel(s, 4)),
  ).toEqual([0, 0, 0, 1, 1, 2, 3]);
  expect(pyramidLevel(0.01, 1)).toBe(0);
});

test('only what the pane shows is drawn', () => {
  expect(shownBox(at(-4000, -2000, 2), PANE, PICTURE, 1)).toEqual({
    x: 1999,
    y: 999,
    width: 403,
    height: 303,
  });
  // All of it, to its odd end.
  expect(shownBox(at(0, 0, 0.07), PANE, PICTURE, 8)).toEqual({
    x: 0,
    y: 0,
    ...PICTURE,
  });
  expect(shownBox(at(900, 0, 1), PANE, PICTURE, 1)).toBeNull();
});

test('a smaller picture is cut at whole pixels of its own', () => {
  const box = shownBox(at(-301, -77, 0.3), PANE, PICTURE, 2);
  expect(
    [box?.x, box?.y, box?.width, box?.height].map((v) => (v ?? 1) % 2),
  ).toEqual([0, 0, 0, 0]);
});
