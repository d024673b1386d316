import { describe, expect, test } from 'vitest';
import type { Affine } from '../../src/geometry/frames';
import { VolumeGeometry } from '../../src/geometry/VolumeGeometry';

const [c, s] = [Math.cos(0.4), Math.sin(0.4)];

/** Columns are the steps along z, y, x and the origin. */
const AFFINES: Record<string, Affine> = {
  'axial, isotropic': [
    [0, 0, 1, -100],
    [0, 1, 0, -80],
    [1, 0, 0, 20],
    [0, 0, 0, 1],
  ],
  'flipped along z and x, anisotropic': [
    [0, 0, -0.7, 120],
    [0, 0.9, 0, -60],
    [-5, 0, 0, 300],
    [0, 0, 0, 1],
  ],
  oblique: [
    [3 * s, 0, 0.8 * c, 5],
    [0, 1.6, 0, -7],
    [3 * c, 0, -0.8 * s, 11],
    [0, 0, 0, 1],
  ],
  'sagittal with a tilted gantry': [
    [2, 0, 0, -30],
    [0.3, 0, 0.5, -90],
    [0, -0.5, 0, 200],
    [0, 0, 0, 1],
  ],
};

describe.each(Object.entries(AFFINES))('%s', (_, affine) => {
  const geometry = new VolumeGeometry([10, 20, 30], affine);

  test('voxels come back from points as the same voxels', () => {
    for (const voxel of [
      [0, 0, 0],
      [9, 19, 29],
      [3, 17, 5],
    ] as const) {
      const index = geometry.indexOf(geometry.pointOf(voxel));
      index.forEach((value, axis) => {
        expect(value).toBeCloseTo(voxel[axis] as number, 9);
      });
      expect(geometry.voxelOf(index)).toEqual(voxel);
    }
  });

  test('directions are unit vectors and spacings their lengths', () => {
    for (const axis of [0, 1, 2] as const) {
      expect(Math.hypot(...geometry.direction(axis))).toBeCloseTo(1, 12);
      const origin = geometry.pointOf([0, 0, 0]);
      const step: [number, number, number] = [0, 0, 0];
      step[axis] = 1;
      const next = geometry.pointOf(step);
      const length = Math.hypot(...next.map((v, i) => v - (origin[i] ?? 0)));
      expect(length).toBeCloseTo(geometry.spacing(axis), 12);
    }
  });
});

test('an index is the voxel whose cell holds it, faces going up', () => {
  const geometry = new VolumeGeometry(
    [2, 2, 2],
    AFFINES['axial, isotropic'] as Affine,
  );
  expect(geometry.voxelOf([0.49, -0.5, 1.5])).toEqual([0, 0, 2]);
});

test('only voxels within the shape are contained, others clamp to it', () => {
  const geometry = new VolumeGeometry([2, 3, 4], AFFINES.oblique as Affine);
  expect(geometry.contains([1, 2, 3])).toBe(true);
  expect(geometry.contains([1, 3, 3])).toBe(false);
  expect(geometry.contains([-1, 0, 0])).toBe(false);
  expect(geometry.clamp([-5, 7, 2])).toEqual([0, 2, 2]);
});

test('a flat affine is refused', () => {
  const flat: Affine = [
    [0, 0, 1, 0],
    [0, 1, 0, 0],
    [0, 0, 0, 0],
    [0, 0, 0, 1],
  ];
  expect(() => new VolumeGeometry([1, 1, 1], flat)).toThrow(/inverted/);
});
