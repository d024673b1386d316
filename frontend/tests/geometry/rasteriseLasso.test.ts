import { describe, expect, test } from 'vitest';
import type { Shape, Voxel } from '../../src/geometry/frames';
import { rasteriseLasso } from '../../src/geometry/rasteriseLasso';

const SHAPE: Shape = [1, 6, 8];

function picture(...polygon: readonly (readonly [number, number])[]): string[] {
  const voxels = polygon.map(([y, x]): Voxel => [0, y, x]);
  const covered = rasteriseLasso(voxels, SHAPE);
  return Array.from({ length: 6 }, (_, y) =>
    Array.from({ length: 8 }, (_, x) =>
      covered.has(y * 8 + x) ? '#' : '.',
    ).join(''),
  );
}

describe('the inside of a lasso', () => {
  test('is a whole rectangle with its border', () => {
    expect(picture([1, 1], [1, 5], [4, 5], [4, 1])).toEqual([
      '........',
      '.#####..',
      '.#####..',
      '.#####..',
      '.#####..',
      '........',
    ]);
  });

  test('leaves out what is enclosed twice, but for the border', () => {
    const covered = picture(
      ...([
        [0, 0],
        [0, 7],
        [5, 7],
        [5, 0],
        [0, 0],
        [2, 2],
        [2, 5],
        [4, 5],
        [4, 2],
        [2, 2],
      ] as const),
    );
    expect(covered[3]).toBe('###..###');
  });

  test('ends at the volume', () => {
    expect(picture([-3, 2], [-3, 40], [1, 40], [1, 2])[0]).toBe('..######');
  });

  test('of nothing is nothing', () => {
    expect(picture().join('')).not.toContain('#');
  });
});
