import { expect, test } from 'vitest';
import { autoWindow } from '../../src/viewer/autoWindow';

const slice = (values: number[], slope = 1, intercept = 0) => ({
  values: Int16Array.from(values),
  channels: 1,
  slope,
  intercept,
});

test('the full window runs from the least to the greatest value', () => {
  expect(autoWindow(slice([-3, 7, 2], 2, 100), 0)).toEqual({
    center: 104,
    width: 20,
  });
});

test('a few odd voxels do not decide the robust window', () => {
  const values = Array.from({ length: 1000 }, (_, i) => i % 100);
  values[0] = -3000;
  values[1] = 30_000;
  const { center, width } = autoWindow(slice(values), 0.01);
  expect(center).toBeGreaterThan(35);
  expect(center).toBeLessThan(65);
  expect(width).toBeLessThan(140);
});

test('an empty slice still has a window', () => {
  expect(autoWindow(slice([5, 5, 5]), 0.01).width).toBeGreaterThan(0);
});
