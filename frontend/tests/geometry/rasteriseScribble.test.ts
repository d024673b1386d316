import { describe, expect, test } from 'vitest';
import marks from '../../../tests/fixtures/wire/marks.json';
import type { Shape, Voxel } from '../../src/geometry/frames';
import { rasteriseScribble } from '../../src/geometry/rasteriseScribble';

interface Golden {
  readonly name: string;
  readonly slice_shape: readonly number[];
  readonly prompt: {
    readonly kind: string;
    readonly voxels?: readonly (readonly number[])[];
    readonly width?: number;
  };
  readonly covered: readonly (readonly number[])[];
}

const scribbles = (marks as readonly Golden[]).filter(
  ({ prompt }) => prompt.kind === 'scribble',
);

describe('the goldens that the worker reads too', () => {
  test('there are some', () => {
    expect(scribbles.length).toBeGreaterThan(3);
  });

  test.each(scribbles)('$name', ({ slice_shape, prompt, covered }) => {
    const [height = 0, width = 0] = slice_shape;
    const shape: Shape = [1, height, width];
    const offsets = rasteriseScribble(
      prompt.voxels as unknown as readonly Voxel[],
      prompt.width ?? 1,
      shape,
    );
    const wanted = covered.map(([y = 0, x = 0]) => y * width + x);
    expect([...offsets].sort((a, b) => a - b)).toEqual(
      wanted.sort((a, b) => a - b),
    );
  });
});

test('a stroke at the border stays in the slice', () => {
  const shape: Shape = [1, 4, 5];
  const offsets = rasteriseScribble([[0, 0, 0]], 3, shape);
  expect([...offsets].sort((a, b) => a - b)).toEqual([0, 1, 5, 6]);
});

test('no voxels cover nothing', () => {
  expect(rasteriseScribble([], 5, [1, 4, 4]).size).toBe(0);
});
