import type { Voxel } from '../../geometry/frames';
import type { Paint } from '../../wire/Prompt';
import { coverWith, type ValueRange } from './coverWith';
import type { PaintGround } from './PaintGround';
import { paintSlice } from './paintSlice';

/**
 * Paint a label on voxels, but not over what is locked: a paint for each slice
 * that they lie on.
 *
 * @param range values that paint keeps to; null: all
 */
export function paintVoxels(
  ground: PaintGround,
  voxels: readonly Voxel[],
  label: number,
  range: ValueRange | null,
): readonly Paint[] {
  const { shape } = ground;
  const bySlice = new Map<number, number[]>();
  for (const [z, y, x] of voxels) {
    const offsets = bySlice.get(z) ?? [];
    offsets.push(y * shape[2] + x);
    bySlice.set(z, offsets);
  }
  return [...bySlice]
    .sort(([a], [b]) => a - b)
    .flatMap(
      ([z, offsets]) =>
        paintSlice(coverWith(ground, z, offsets, label, range), z, shape) ?? [],
    );
}
