import type { Affine, VoxelIndex } from '../geometry/frames';
import type { Mesh } from './Mesh';
import type { SurfaceNet } from './surfaceNet';

/**
 * A net in the patient's frame, whichever way the volume's axes run.
 *
 * @param affine (z, y, x, 1) → LPS mm
 * @param origin index in the volume of the block's voxel (0, 0, 0)
 * @param steps voxels of the volume per voxel of the block
 */
export function meshOfNet(
  { corners, quads }: SurfaceNet,
  affine: Affine,
  origin: VoxelIndex,
  steps: VoxelIndex,
): Mesh {
  const points = new Float32Array(corners.length);
  for (let i = 0; i < corners.length; i += 3) {
    const [z, y, x] = [0, 1, 2].map(
      (axis) =>
        (origin[axis] as number) +
        (corners[i + axis] as number) * (steps[axis] as number),
    ) as [number, number, number];
    for (let axis = 0; axis < 3; axis += 1) {
      const [mz = 0, my = 0, mx = 0, shift = 0] = affine[axis] ?? [];
      points[i + axis] = mz * z + my * y + mx * x + shift;
    }
  }
  const triangles = new Uint32Array((quads.length / 4) * 6);
  for (let q = 0, t = 0; q < quads.length; q += 4, t += 6) {
    const [a, b, c, d] = quads.subarray(q, q + 4) as unknown as [
      number,
      number,
      number,
      number,
    ];
    triangles.set([a, b, c, a, c, d], t);
  }
  if (determinant(affine) < 0) {
    // A mirroring affine turns every triangle inside out.
    for (let t = 0; t < triangles.length; t += 3) {
      const second = triangles[t + 1] as number;
      triangles[t + 1] = triangles[t + 2] as number;
      triangles[t + 2] = second;
    }
  }
  return { points, normals: normalsOf(points, triangles), triangles };
}

/** mm³ inside a closed mesh; negative where its triangles turn inwards. */
export function meshVolume({ points, triangles }: Mesh): number {
  let sum = 0;
  for (let t = 0; t < triangles.length; t += 3) {
    const [a, b, c] = [0, 1, 2].map(
      (i) => 3 * (triangles[t + i] as number),
    ) as [number, number, number];
    const p = (i: number): number => points[i] as number;
    sum +=
      p(a) * (p(b + 1) * p(c + 2) - p(b + 2) * p(c + 1)) -
      p(a + 1) * (p(b) * p(c + 2) - p(b + 2) * p(c)) +
      p(a + 2) * (p(b) * p(c + 1) - p(b + 1) * p(c));
  }
  return sum / 6;
}

/** The determinant of (x, y, z) → LPS: axes in the order of points. */
function determinant(affine: Affine): number {
  const [a = [], b = [], c = []] = affine;
  const m = (row: readonly number[], i: number): number => row[i] ?? 0;
  // Columns are z, y, x: read backwards.
  return (
    m(a, 2) * (m(b, 1) * m(c, 0) - m(b, 0) * m(c, 1)) -
    m(a, 1) * (m(b, 2) * m(c, 0) - m(b, 0) * m(c, 2)) +
    m(a, 0) * (m(b, 2) * m(c, 1) - m(b, 1) * m(c, 2))
  );
}

/** Mean of the triangles around each corner, weighted by their areas. */
function normalsOf(points: Float32Array, triangles: Uint32Array): Float32Array {
  const normals = new Float32Array(points.length);
  const side = (from: number, to: number, axis: number): number =>
    (points[to + axis] as number) - (points[from + axis] as number);
  for (let t = 0; t < triangles.length; t += 3) {
    const a = 3 * (triangles[t] as number);
    const b = 3 * (triangles[t + 1] as number);
    const c = 3 * (triangles[t + 2] as number);
    for (let axis = 0; axis < 3; axis += 1) {
      const [u, v] = [(axis + 1) % 3, (axis + 2) % 3];
      const part =
        side(a, b, u) * side(a, c, v) - side(a, b, v) * side(a, c, u);
      for (const corner of [a, b, c]) {
        normals[corner + axis] = (normals[corner + axis] as number) + part;
      }
    }
  }
  for (let i = 0; i < normals.length; i += 3) {
    const length = Math.hypot(...normals.subarray(i, i + 3)) || 1;
    for (let axis = 0; axis < 3; axis += 1) {
      normals[i + axis] = (normals[i + axis] as number) / length;
    }
  }
  return normals;
}
