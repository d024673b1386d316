import type { Shape } from '../../geometry/frames';
import type { Paint } from '../../wire/Prompt';
import { packPaint } from '../../wire/paintedRegion';

/** The label of every voxel (offset into the slice) that a paint speaks of. */
export type Painted = ReadonlyMap<number, number>;

/** A paint of one slice, no larger than what it says; null where it is nothing. */
export function paintSlice(
  painted: Painted,
  slice: number,
  [, , columns]: Shape,
  origin?: Paint['origin'],
): Paint | null {
  if (painted.size === 0) {
    return null;
  }
  let [top, left] = [Number.POSITIVE_INFINITY, Number.POSITIVE_INFINITY];
  let [bottom, right] = [0, 0];
  for (const offset of painted.keys()) {
    const y = Math.floor(offset / columns);
    const x = offset % columns;
    top = Math.min(top, y);
    bottom = Math.max(bottom, y + 1);
    left = Math.min(left, x);
    right = Math.max(right, x + 1);
  }
  const width = right - left;
  const labels = new Uint8Array((bottom - top) * width);
  const where = new Uint8Array(labels.length);
  for (const [offset, label] of painted) {
    const y = Math.floor(offset / columns) - top;
    const at = y * width + (offset % columns) - left;
    labels[at] = label;
    where[at] = 1;
  }
  return packPaint(
    {
      start: [slice, top, left],
      stop: [slice + 1, bottom, right],
      labels,
      where,
    },
    origin,
  );
}
