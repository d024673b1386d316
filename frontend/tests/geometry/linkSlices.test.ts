import { describe, expect, test } from 'vitest';
import type { Affine, Shape } from '../../src/geometry/frames';
import { gridUnder, linkedSlice } from '../../src/geometry/linkSlices';
import { SlicePlacement } from '../../src/geometry/SlicePlacement';
import { VolumeGeometry } from '../../src/geometry/VolumeGeometry';
import { sampleValues } from '../../src/viewer/cutOblique';
import { paintHeat } from '../../src/viewer/paintHeat';

const upright = (
  shape: Shape,
  [dz, dy, dx]: Shape,
  [x, y, z]: readonly [number, number, number],
): VolumeGeometry =>
  new VolumeGeometry(shape, [
    [0, 0, dx, x],
    [0, dy, 0, y],
    [dz, 0, 0, z],
    [0, 0, 0, 1],
  ]);

const CASE = upright([6, 80, 96], [3, 1, 1], [-48, -40, 0]);
/** Coarser, and counted from the head. */
const COARSE = upright([4, 20, 24], [-6, 4, 4], [-46, -38, 17]);

describe('another series', () => {
  test('follows by place where the frames of reference agree', () => {
    const slices = [0, 1, 2, 3, 4, 5].map((slice) =>
      linkedSlice(CASE, slice, COARSE, true, 0),
    );
    // Heads of the slices: 0, 3, … 15 mm against 17, 11, 5, -1 mm.
    expect(slices.map(({ slice }) => slice)).toEqual([3, 2, 2, 1, 1, 0]);
    expect(slices.every(({ covered }) => covered)).toBe(true);
  });

  test('follows by number where they do not, moved by the reader', () => {
    expect(linkedSlice(CASE, 2, COARSE, false, 0).slice).toBe(2);
    expect(linkedSlice(CASE, 2, COARSE, false, 1).slice).toBe(3);
    expect(linkedSlice(CASE, 5, COARSE, false, 0)).toEqual({
      slice: 3,
      covered: false,
    });
  });

  test.each([
    ['upright', COARSE.affine],
    [
      'oblique',
      [
        [1.25, 0.325, -0.78, 12],
        [0.25, -1.235, -0.26, 5],
        [2.15, -0.247, 0.36, -20],
        [0, 0, 0, 1],
      ] as Affine,
    ],
  ])('lies under the case millimetre by millimetre, %s', (_, affine) => {
    const shape: Shape = [14, 60, 60];
    const other = new VolumeGeometry(shape, affine);
    const wave = ([x, y, z]: readonly [number, number, number]) =>
      2 * x - y + 3 * z;
    const slice = (z: number) => ({
      values: Float64Array.from({ length: 3600 }, (_, i) =>
        wave(other.pointOf([z, Math.floor(i / 60), i % 60])),
      ),
      channels: 1,
      slope: 1,
      intercept: 0,
    });
    // Turned and zoomed in the pane.
    const placement = new SlicePlacement([200, 20], [200, 22], [198, 20]);
    const pane = { width: 220, height: 200 };
    const grid = gridUnder(placement, 2, CASE, other, pane, 4);
    const values = sampleValues(shape, grid, slice);
    let seen = 0;
    for (let row = 0; row < grid.rows; row += 1) {
      for (let column = 0; column < grid.columns; column += 1) {
        const point = CASE.pointOf([
          2,
          ...placement.indexAt([4 * column + 2, 4 * row + 2]),
        ]);
        const inner = other
          .indexOf(point)
          .every((at, axis) => at >= 0 && at <= (shape[axis] as number) - 1);
        if (inner) {
          const value = values[row * grid.columns + column] as number;
          expect(value).toBeCloseTo(wave(point), 2);
          seen += 1;
        }
      }
    }
    expect(seen).toBeGreaterThan(20);
  });
});

test('what lies over glows with its value, and is clear where there is none', () => {
  const pixels = new Uint32Array(5);
  paintHeat(
    Float32Array.of(0, 50, 1000, Number.NaN, Number.NEGATIVE_INFINITY),
    { center: 50, width: 100 },
    pixels,
  );
  const alpha = (i: number) => (pixels[i] as number) >>> 24;
  expect([0, 3, 4].map(alpha)).toEqual([0, 0, 0]);
  expect(pixels[2]).toBe(0xffffffff);
  // Half way: red and some green, no blue.
  expect((pixels[1] as number) & 0xff).toBe(255);
  expect(((pixels[1] as number) >>> 16) & 0xff).toBe(0);
});
