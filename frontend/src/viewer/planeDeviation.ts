import type { VolumeGeometry } from '../geometry/VolumeGeometry';

/**
 * How far the image library's idea of a slice is from ours, in voxels: the
 * largest distance at the slice's corners.
 *
 * @param pointOf the library's LPS point (mm) of row y, column x
 */
export function planeDeviation(
  geometry: VolumeGeometry,
  slice: number,
  pointOf: (y: number, x: number) => readonly number[],
): number {
  const [, height, width] = geometry.shape;
  const corners = [
    [0, 0],
    [0, width - 1],
    [height - 1, 0],
    [height - 1, width - 1],
  ] as const;
  return Math.max(
    ...corners.map(([y, x]) => {
      const [px, py, pz] = pointOf(y, x) as [number, number, number];
      const [iz, iy, ix] = geometry.indexOf([px, py, pz]);
      return Math.hypot(iz - slice, iy - y, ix - x);
    }),
  );
}
