import { expect, test } from 'vitest';
import { lengthText, measureLength } from '../../src/geometry/measureLength';
import { VolumeGeometry } from '../../src/geometry/VolumeGeometry';

test('lengths are in mm, whatever the voxels', () => {
  const geometry = new VolumeGeometry(
    [5, 50, 50],
    [
      [0, 0, -0.5, 0],
      [0, 2, 0, 0],
      [3, 0, 0, 0],
      [0, 0, 0, 1],
    ],
  );
  expect(measureLength(geometry, [1, 0, 0], [1, 3, 16])).toBeCloseTo(10, 9);
  expect(measureLength(geometry, [0, 0, 0], [2, 0, 0])).toBeCloseTo(6, 9);
});

test.each([
  [0.25, '250 µm'],
  [12.34, '12.3 mm'],
])('%d mm reads %s', (mm, text) => {
  expect(lengthText(mm)).toBe(text);
});
