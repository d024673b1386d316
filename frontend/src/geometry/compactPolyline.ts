import type { Voxel } from './frames';

/**
 * The polyline without the voxels that change nothing: repeated ones, and ones
 * on the straight way from the voxel before to the voxel after.
 */
export function compactPolyline(polyline: readonly Voxel[]): Voxel[] {
  const kept: Voxel[] = [];
  for (const voxel of polyline) {
    const last = kept.at(-1);
    if (last?.every((v, axis) => v === voxel[axis])) {
      continue;
    }
    const before = kept.at(-2);
    if (before && last && goesOn(before, last, voxel)) {
      kept.pop();
    }
    kept.push(voxel);
  }
  return kept;
}

function goesOn(a: Voxel, b: Voxel, c: Voxel): boolean {
  const [y1, x1] = [b[1] - a[1], b[2] - a[2]];
  const [y2, x2] = [c[1] - b[1], c[2] - b[2]];
  return (
    a[0] === b[0] &&
    b[0] === c[0] &&
    y1 * x2 === x1 * y2 &&
    y1 * y2 + x1 * x2 > 0
  );
}
