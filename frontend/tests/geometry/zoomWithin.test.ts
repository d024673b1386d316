import { expect, test } from 'vitest';
import { zoomWithin } from '../../src/geometry/zoomWithin';

test('a picture is never smaller than a stamp, a voxel never larger than a pane', () => {
  expect(zoomWithin(1.1, 1, 1, 8)).toBe(1.1);
  expect(zoomWithin(0.1, 1, 1, 8)).toBeCloseTo(0.2);
  expect(zoomWithin(100, 1, 1, 8)).toBe(16);
});

test('beyond a bound it only comes back', () => {
  // Few voxels: the whole picture is nearer than any other may be.
  expect(zoomWithin(1.1, 1, 1, 200)).toBe(1);
  expect(zoomWithin(0.5, 1, 1, 200)).toBe(0.5);
  expect(zoomWithin(0.9, 0.1, 1, 1)).toBe(1);
});
