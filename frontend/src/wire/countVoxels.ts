import type { PackedRegion } from './PackedRegion';

/** Voxels in a half-open region. */
export function countVoxels(
  region: Pick<PackedRegion, 'start' | 'stop'>,
): number {
  return region.stop.reduce(
    (count, stop, axis) =>
      count * Math.max(stop - (region.start[axis] ?? 0), 0),
    1,
  );
}
