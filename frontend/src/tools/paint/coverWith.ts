import type { PaintGround } from './PaintGround';
import type { Painted } from './paintSlice';

/** Values between which paint keeps, both included. */
export interface ValueRange {
  readonly low: number;
  readonly high: number;
}

/** Paint a label on voxels of a slice, but not over what is locked. */
export function coverWith(
  ground: PaintGround,
  slice: number,
  offsets: Iterable<number>,
  label: number,
  range: ValueRange | null,
): Painted {
  const below = ground.labels(slice);
  const valueAt = range && ground.values(slice);
  const painted = new Map<number, number>();
  for (const offset of offsets) {
    if (!ground.mayReplace(below?.[offset] ?? 0)) {
      continue;
    }
    if (range) {
      const value = valueAt?.(offset) ?? Number.NaN;
      if (!(value >= range.low && value <= range.high)) {
        continue;
      }
    }
    painted.set(offset, label);
  }
  return painted;
}

/** Make the voxels of a label exactly `mask`; what is locked stays. */
export function reshapeTo(
  ground: PaintGround,
  slice: number,
  mask: Uint8Array,
  label: number,
): Painted {
  const below = ground.labels(slice);
  const painted = new Map<number, number>();
  mask.forEach((inside, offset) => {
    const here = below?.[offset] ?? 0;
    const wanted = inside ? label : here === label ? 0 : here;
    if (wanted !== here && ground.mayReplace(here)) {
      painted.set(offset, wanted);
    }
  });
  return painted;
}
