import type { Shape, Voxel } from '../geometry/frames';
import type { SliceValues } from './cutPlane';

/** What a voxel of a slice holds, rounded, by channel; null: not here yet. */
export function readVoxel(
  slice: SliceValues | null,
  [, row, column]: Voxel,
  shape: Shape,
): readonly number[] | null {
  if (!slice) {
    return null;
  }
  const { values, channels, slope, intercept } = slice;
  const first = (row * shape[2] + column) * channels;
  return Array.from({ length: Math.min(channels, 3) }, (_, i) =>
    Math.round((values[first + i] as number) * slope + intercept),
  );
}
