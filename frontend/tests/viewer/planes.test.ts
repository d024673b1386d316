import { describe, expect, test } from 'vitest';
import type { Affine, Shape } from '../../src/geometry/frames';
import { planeFrames } from '../../src/geometry/PlaneFrame';
import { indexInPlane } from '../../src/geometry/placePlane';
import { VolumeGeometry } from '../../src/geometry/VolumeGeometry';
import { cutLabels, cutValues } from '../../src/viewer/cutPlane';
import { paintGrey } from '../../src/viewer/paintGrey';

const SHAPE: Shape = [3, 4, 5];
const value = (z: number, y: number, x: number): number => 100 * z + 10 * y + x;
const slice = (z: number) => ({
  values: Int16Array.from({ length: 20 }, (_, i) =>
    value(z, Math.floor(i / 5), i % 5),
  ),
  channels: 1,
  slope: 2,
  intercept: -1000,
});
/** Slices across the body, and slices from left to right. */
const AFFINES: readonly Affine[] = [
  [
    [0, 0, 1, 0],
    [0, 1, 0, 0],
    [3, 0, 0, 0],
    [0, 0, 0, 1],
  ],
  [
    [4, 0, 0, 0],
    [0, 0, 1, 0],
    [0, -1, 0, 0],
    [0, 0, 0, 1],
  ],
];

describe.each(AFFINES.map((affine) => [affine]))('a plane of %j', (affine) => {
  const frames = planeFrames(new VolumeGeometry(SHAPE, affine));

  test.each([1, 2] as const)('across axis %d holds its voxels', (axis) => {
    const frame = frames[axis];
    const plane = cutValues(SHAPE, frame, 2, slice);
    const labels = cutLabels(SHAPE, frame, 2, (z) =>
      Uint8Array.from(slice(z).values, (v) => v),
    );
    expect([plane.rows, plane.columns]).toEqual([
      SHAPE[frame.rows],
      SHAPE[frame.columns],
    ]);
    for (let row = 0; row < plane.rows; row += 1) {
      for (let column = 0; column < plane.columns; column += 1) {
        const [z, y, x] = indexInPlane(frame, 2, row, column);
        const at = row * plane.columns + column;
        expect(plane.values[at]).toBe(2 * value(z, y, x) - 1000);
        expect(labels.values[at]).toBe(value(z, y, x) % 256);
      }
    }
  });
});

test('slices that have not come are absent, not black', () => {
  const frame = planeFrames(new VolumeGeometry(SHAPE, AFFINES[0] as Affine))[1];
  const plane = cutValues(SHAPE, frame, 0, (z) => (z === 1 ? null : slice(z)));
  expect(plane.values.subarray(5, 10).every(Number.isNaN)).toBe(true);
  expect(plane.values.subarray(0, 5).every(Number.isNaN)).toBe(false);
});

test('a slice itself is not cut', () => {
  const frame = planeFrames(new VolumeGeometry(SHAPE, AFFINES[0] as Affine))[0];
  expect(() => cutValues(SHAPE, frame, 0, slice)).toThrow(RangeError);
});

test('grey runs from black to white over the window, or back', () => {
  const values = Float32Array.of(-200, -60, 90, 140, 900, Number.NaN);
  const pixels = new Uint32Array(values.length);
  const window = { center: 40, width: 200 };
  paintGrey(values, window, false, pixels);
  const grey = () =>
    [...new Uint8Array(pixels.buffer)].filter((_, i) => i % 4 === 1);
  expect(grey()).toEqual([0, 0, 191, 255, 255, 24]);
  expect(new Uint8Array(pixels.buffer)[3]).toBe(255);
  paintGrey(values, window, true, pixels);
  expect(grey()).toEqual([255, 255, 64, 0, 0, 24]);
});
