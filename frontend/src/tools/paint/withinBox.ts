import { occupiedBox } from '../../viewer/occupiedBox';
import type { Mask } from './growMask';

/** Room for a step to grow in, and for what is outside to be one piece. */
const MARGIN = 2;

/**
 * Give a mask another shape, at the cost of the part of the slice that it lies
 * on: a cell of a micrograph is a thousandth of it.
 */
export function withinBox(
  mask: Mask,
  columns: number,
  reshape: (part: Mask, columns: number) => Mask,
): Mask {
  const box = occupiedBox(mask, columns);
  if (!box) {
    return mask;
  }
  const rows = mask.length / columns;
  const left = Math.max(box.x - MARGIN, 0);
  const top = Math.max(box.y - MARGIN, 0);
  const right = Math.min(box.x + box.width + MARGIN, columns);
  const bottom = Math.min(box.y + box.height + MARGIN, rows);
  const width = right - left;
  const part = new Uint8Array(width * (bottom - top));
  for (let y = top; y < bottom; y += 1) {
    const row = mask.subarray(y * columns + left, y * columns + right);
    part.set(row, (y - top) * width);
  }
  const shaped = reshape(part, width);
  const whole = new Uint8Array(mask.length);
  for (let y = top; y < bottom; y += 1) {
    const row = shaped.subarray((y - top) * width, (y - top + 1) * width);
    whole.set(row, y * columns + left);
  }
  return whole;
}
