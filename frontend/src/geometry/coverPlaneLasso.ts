import type { Voxel } from './frames';
import type { PlaneFrame } from './PlaneFrame';
import { indexInPlane } from './placePlane';
import { rasteriseLasso } from './rasteriseLasso';
import type { VolumeGeometry } from './VolumeGeometry';

/**
 * Voxels of a plane across the slices that a closed line in it encloses, by the
 * rule of the slices (`rasteriseLasso`); none where it encloses nothing.
 *
 * @param at the fixed index of the plane
 * @param line places of the plane, integer = voxel centre; kept within it
 */
export function coverPlaneLasso(
  { shape }: VolumeGeometry,
  frame: PlaneFrame,
  at: number,
  line: readonly (readonly [row: number, column: number])[],
): readonly Voxel[] {
  const [rows, columns] = [shape[frame.rows], shape[frame.columns]];
  const within = (place: number, size: number): number =>
    Math.min(Math.max(Math.floor(place + 0.5), 0), size - 1);
  const polygon = line
    .map(
      ([row, column]): Voxel => [0, within(row, rows), within(column, columns)],
    )
    .filter(
      ([, row, column], i, all) =>
        row !== all[i - 1]?.[1] || column !== all[i - 1]?.[2],
    );
  if (polygon.length < 3) {
    return [];
  }
  const offsets = [...rasteriseLasso(polygon, [1, rows, columns])];
  return offsets
    .sort((a, b) => a - b)
    .map((offset) => {
      const place = [Math.floor(offset / columns), offset % columns] as const;
      return indexInPlane(frame, at, ...place);
    });
}
