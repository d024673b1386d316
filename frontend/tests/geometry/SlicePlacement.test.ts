import { describe, expect, test } from 'vitest';
import { SlicePlacement } from '../../src/geometry/SlicePlacement';

const PLACEMENTS = {
  upright: new SlicePlacement([100, 50], [102, 50], [100, 52]),
  'mirrored and anisotropic': new SlicePlacement(
    [700, 20],
    [699.3, 20],
    [700, 21.9],
  ),
  turned: new SlicePlacement([300, 300], [301.2, 301.6], [298.4, 301.2]),
};

describe.each(Object.entries(PLACEMENTS))('%s', (_, placement) => {
  test('indices come back from canvas points', () => {
    const [row, column] = placement.indexAt(placement.canvasOf(7.25, 12.5));
    expect(row).toBeCloseTo(7.25, 9);
    expect(column).toBeCloseTo(12.5, 9);
  });

  test.each([1, 1.5, 2])(
    'the picture of a voxel is centred on it at ratio %d',
    (ratio) => {
      // Voxel (4, 6) covers picture coordinates 6 to 7 and 4 to 5.
      const [a, b, c, d, e, f] = placement.pictureMatrix(ratio);
      const x = a * 6.5 + c * 4.5 + e;
      const y = b * 6.5 + d * 4.5 + f;
      const [wantedX, wantedY] = placement.canvasOf(4, 6);
      expect(x).toBeCloseTo(wantedX * ratio, 9);
      expect(y).toBeCloseTo(wantedY * ratio, 9);
    },
  );
});

test('the scale is the mean of both directions', () => {
  expect(new SlicePlacement([0, 0], [2, 0], [0, 4]).scale).toBe(3);
});
