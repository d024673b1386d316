/** A box of whole voxels in a slice's picture. */
export interface PictureBox {
  readonly x: number;
  readonly y: number;
  readonly width: number;
  readonly height: number;
}

/** The smallest box around all labels but background; null where none is. */
export function occupiedBox(
  labels: Uint8Array,
  width: number,
): PictureBox | null {
  const first = labels.findIndex((label) => label !== 0);
  if (first < 0) {
    return null;
  }
  const last = labels.findLastIndex((label) => label !== 0);
  const top = Math.floor(first / width);
  const bottom = Math.floor(last / width);
  let left = width;
  let right = -1;
  for (let y = top; y <= bottom; y += 1) {
    const row = y * width;
    // Only what lies beside the box of the rows before can widen it.
    for (let x = 0; x < left; x += 1) {
      if (labels[row + x] !== 0) {
        left = x;
      }
    }
    for (let x = width - 1; x > right; x -= 1) {
      if (labels[row + x] !== 0) {
        right = x;
      }
    }
  }
  return { x: left, y: top, width: right - left + 1, height: bottom - top + 1 };
}
