import { describe, expect, test } from 'vitest';
import type { Affine, Point, VoxelIndex } from '../../src/geometry/frames';
import { VolumeGeometry } from '../../src/geometry/VolumeGeometry';
import type { Mesh } from '../../src/surface/Mesh';
import { meshVolume } from '../../src/surface/meshOfNet';
import { SurfaceStore, thinning } from '../../src/surface/SurfaceStore';
import { surfaceNet } from '../../src/surface/surfaceNet';
import { AFFINES } from '../geometry/affines';

const SHAPE = [12, 40, 48] as const;
const CENTRE: VoxelIndex = [5.5, 19, 25];

/** An ellipsoid of label 1, 18 voxels wide and 8 slices high. */
function fill(store: SurfaceStore): number {
  let count = 0;
  for (let z = 0; z < SHAPE[0]; z += 1) {
    const labels = new Uint8Array(SHAPE[1] * SHAPE[2]);
    for (let y = 0; y < SHAPE[1]; y += 1) {
      for (let x = 0; x < SHAPE[2]; x += 1) {
        const away = Math.hypot(
          (z - CENTRE[0]) / 4,
          (y - CENTRE[1]) / 9,
          (x - CENTRE[2]) / 9,
        );
        if (away < 1) {
          labels[y * SHAPE[2] + x] = 1;
          count += 1;
        }
      }
    }
    const box = { x: 0, y: 0, width: SHAPE[2], height: SHAPE[1] };
    store.put(z, { box, labels });
  }
  return count;
}

function surfaceOf(affine: Affine, most?: number): { mesh: Mesh; mm3: number } {
  const store = new SurfaceStore(affine, most);
  const voxels = fill(store);
  const [[label, mesh]] = [...store.take()] as [[number, Mesh]];
  expect(label).toBe(1);
  const [a, b, c] = affine
    .slice(0, 3)
    .map((row) => row.slice(0, 3)) as unknown as [Point, Point, Point];
  const voxel = Math.abs(
    a[0] * (b[1] * c[2] - b[2] * c[1]) -
      a[1] * (b[0] * c[2] - b[2] * c[0]) +
      a[2] * (b[0] * c[1] - b[1] * c[0]),
  );
  return { mesh, mm3: voxels * voxel };
}

describe.each(Object.entries(AFFINES))('a surface, %s', (_, affine) => {
  const { mesh, mm3 } = surfaceOf(affine);

  test('holds the volume of its voxels, and looks outwards', () => {
    expect(meshVolume(mesh) / mm3).toBeGreaterThan(0.9);
    expect(meshVolume(mesh) / mm3).toBeLessThan(1.02);
  });

  test('lies where the mask ends, nowhere a voxel off', () => {
    const geometry = new VolumeGeometry(SHAPE, affine);
    for (let i = 0; i < mesh.points.length; i += 3) {
      const [x = 0, y = 0, z = 0] = mesh.points.subarray(i, i + 3);
      const index = geometry.indexOf([x, y, z]);
      const away = Math.hypot(
        (index[0] - CENTRE[0]) / 4,
        (index[1] - CENTRE[1]) / 9,
        (index[2] - CENTRE[2]) / 9,
      );
      expect(away).toBeGreaterThan(0.75);
      expect(away).toBeLessThan(1.25);
    }
  });

  test('is closed: every edge has two triangles, one each way', () => {
    const seen = new Map<string, number>();
    for (let t = 0; t < mesh.triangles.length; t += 3) {
      for (let side = 0; side < 3; side += 1) {
        const a = mesh.triangles[t + side] as number;
        const b = mesh.triangles[t + ((side + 1) % 3)] as number;
        const key = a < b ? `${a} ${b}` : `${b} ${a}`;
        seen.set(key, (seen.get(key) ?? 0) + (a < b ? 1 : -1));
      }
    }
    expect(seen.size).toBeGreaterThan(500);
    expect([...seen.values()].every((balance) => balance === 0)).toBe(true);
  });

  test('has unit normals that point away from the middle', () => {
    const geometry = new VolumeGeometry(SHAPE, affine);
    const middle = geometry.pointOf(CENTRE);
    let outwards = 0;
    for (let i = 0; i < mesh.points.length; i += 3) {
      const normal = mesh.normals.subarray(i, i + 3);
      expect(Math.hypot(...normal)).toBeCloseTo(1, 4);
      const away = middle.map((m, k) => (mesh.points[i + k] as number) - m);
      const along = away.reduce((s, v, k) => s + v * (normal[k] as number), 0);
      outwards += along > 0 ? 1 : 0;
    }
    expect(outwards).toBe(mesh.points.length / 3);
  });
});

test('a thinned surface holds the same volume with fewer triangles', () => {
  const affine = AFFINES.oblique as Affine;
  const { mesh, mm3 } = surfaceOf(affine);
  const thin = surfaceOf(affine, 800).mesh;
  expect(thin.triangles.length).toBeLessThan(mesh.triangles.length / 2);
  expect(meshVolume(thin) / mm3).toBeGreaterThan(0.85);
  expect(meshVolume(thin) / mm3).toBeLessThan(1.1);
  const middle = (of: Mesh): number[] =>
    [0, 1, 2].map((axis) => {
      let sum = 0;
      for (let i = axis; i < of.points.length; i += 3) {
        sum += of.points[i] as number;
      }
      return (3 * sum) / of.points.length;
    });
  middle(thin).forEach((value, axis) => {
    expect(Math.abs(value - (middle(mesh)[axis] as number))).toBeLessThan(0.7);
  });
});

test('the finest axis is thinned first', () => {
  expect(thinning([10, 100, 100], [3, 0.8, 0.8], 1e6)).toEqual([1, 1, 1]);
  expect(thinning([10, 100, 100], [3, 0.8, 0.8], 26_000)).toEqual([1, 2, 2]);
});

test('only what changed is made anew, and what is gone says so', () => {
  const store = new SurfaceStore(AFFINES.flipped as Affine);
  const box = { x: 3, y: 4, width: 2, height: 1 };
  store.put(3, { box, labels: Uint8Array.of(1, 2) });
  expect([...store.take()].map(([label]) => label)).toEqual([1, 2]);
  expect([...store.take()]).toEqual([]);
  store.put(3, { box, labels: Uint8Array.of(0, 2) });
  const again = [...store.take()];
  expect(again.map(([label, mesh]) => [label, mesh === null])).toEqual([
    [1, true],
    [2, false],
  ]);
});

test('one voxel alone becomes a closed box around its centre', () => {
  const inside = new Uint8Array(27);
  inside[13] = 1;
  const { corners, quads } = surfaceNet(inside, [3, 3, 3], 0);
  expect(quads.length / 4).toBe(6);
  expect(corners.length / 3).toBe(8);
  expect(Math.min(...corners)).toBe(0.5);
  expect(Math.max(...corners)).toBe(1.5);
});
