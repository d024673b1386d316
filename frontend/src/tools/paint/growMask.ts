/** A mask, C order: 1 inside, 0 outside. */
export type Mask = Uint8Array;

/** One voxel more on every side (4-neighbours). */
export function growMask(mask: Mask, columns: number): Mask {
  return mask.map((inside, i) =>
    inside || neighbours(mask, i, columns).some((at) => mask[at]) ? 1 : 0,
  );
}

/** One voxel less on every side; the edge of the image takes nothing away. */
export function shrinkMask(mask: Mask, columns: number): Mask {
  return mask.map((inside, i) =>
    inside && neighbours(mask, i, columns).every((at) => mask[at]) ? 1 : 0,
  );
}

/** Offsets beside, above and below that lie in the image. */
export function neighbours(
  mask: Mask,
  offset: number,
  columns: number,
): readonly number[] {
  const x = offset % columns;
  const found: number[] = [];
  if (x > 0) {
    found.push(offset - 1);
  }
  if (x < columns - 1) {
    found.push(offset + 1);
  }
  if (offset >= columns) {
    found.push(offset - columns);
  }
  if (offset + columns < mask.length) {
    found.push(offset + columns);
  }
  return found;
}
