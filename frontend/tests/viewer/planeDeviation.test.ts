import { expect, test } from 'vitest';
import { VolumeGeometry } from '../../src/geometry/VolumeGeometry';
import { planeDeviation } from '../../src/viewer/planeDeviation';

const geometry = new VolumeGeometry(
  [4, 10, 20],
  [
    [0, 0, 0.5, 3],
    [0, 2, 0, -9],
    [5, 0, 0, 1],
    [0, 0, 0, 1],
  ],
);

test('the same plane does not deviate', () => {
  const deviation = planeDeviation(geometry, 2, (y, x) =>
    geometry.pointOf([2, y, x]),
  );
  expect(deviation).toBeCloseTo(0, 9);
});

test('half a voxel and a flipped axis are seen', () => {
  expect(
    planeDeviation(geometry, 2, (y, x) => geometry.pointOf([2, y, x + 0.5])),
  ).toBeCloseTo(0.5, 9);
  expect(
    planeDeviation(geometry, 2, (y, x) => geometry.pointOf([2, 9 - y, x])),
  ).toBeCloseTo(9, 9);
});
