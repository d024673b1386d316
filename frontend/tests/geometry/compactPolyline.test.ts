import { expect, test } from 'vitest';
import { compactPolyline } from '../../src/geometry/compactPolyline';
import type { Shape, Voxel } from '../../src/geometry/frames';
import { rasteriseScribble } from '../../src/geometry/rasteriseScribble';

const SHAPE: Shape = [1, 40, 40];

test('repeated and straight-on voxels go', () => {
  const line: Voxel[] = [
    [0, 1, 1],
    [0, 1, 1],
    [0, 2, 2],
    [0, 3, 3],
    [0, 3, 4],
  ];
  expect(compactPolyline(line)).toEqual([
    [0, 1, 1],
    [0, 3, 3],
    [0, 3, 4],
  ]);
});

test('a turn back on the same line stays', () => {
  const line: Voxel[] = [
    [0, 5, 1],
    [0, 5, 9],
    [0, 5, 4],
  ];
  expect(compactPolyline(line)).toEqual(line);
});

test('a wandering stroke covers the same voxels as before', () => {
  let seed = 7;
  const random = (): number => {
    seed = (seed * 16807) % 2147483647;
    return seed / 2147483647;
  };
  for (let round = 0; round < 50; round += 1) {
    let [y, x] = [20, 20];
    const line: Voxel[] = Array.from({ length: 30 }, () => {
      y = Math.min(Math.max(y + Math.round(random() * 4 - 2), 0), 39);
      x = Math.min(Math.max(x + Math.round(random() * 4 - 2), 0), 39);
      return [0, y, x];
    });
    const width = 1 + Math.floor(random() * 6);
    expect(rasteriseScribble(compactPolyline(line), width, SHAPE)).toEqual(
      rasteriseScribble(line, width, SHAPE),
    );
  }
});
