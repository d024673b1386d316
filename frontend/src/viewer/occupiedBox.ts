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
  let [top, bottom, left, right] = [-1, -1, width, -1];
  const height = labels.length / width;
  for (let y = 0; y < height; y += 1) {
    const row = labels.subarray(y * width, (y + 1) * width);
    const first = row.findIndex((label) => label !== 0);
    if (first < 0) {
      continue;
    }
    top = top < 0 ? y : top;
    bottom = y;
    left = Math.min(left, first);
    right = Math.max(
      right,
      row.findLastIndex((label) => label !== 0),
    );
  }
  return top < 0
    ? null
    : { x: left, y: top, width: right - left + 1, height: bottom - top + 1 };
}
