import type { Mask } from './growMask';

/** Farther than anything in an image; squares of it are exact. */
const FAR = 1e8;

/**
 * The shape between two masks, `share` of the way from the first to the
 * second: where the blend of their signed distances is inside (Raya and Udupa,
 * Shape-based interpolation, 1990).
 */
export function blendMasks(
  first: Float64Array,
  second: Float64Array,
  share: number,
): Mask {
  return Uint8Array.from(first, (distance, i) =>
    distance * (1 - share) + (second[i] as number) * share < 0 ? 1 : 0,
  );
}

/** Distance in voxels to the mask's border, negative inside. */
export function signedDistance(mask: Mask, columns: number): Float64Array {
  const outside = squaredDistance(mask, columns);
  const inside = squaredDistance(
    mask.map((value) => (value ? 0 : 1)),
    columns,
  );
  return outside.map((square, i) =>
    square > 0 ? Math.sqrt(square) - 0.5 : 0.5 - Math.sqrt(inside[i] as number),
  );
}

/**
 * Squared Euclidean distance to the nearest voxel of the mask: lower envelopes
 * of parabolas along columns, then rows (Felzenszwalb and Huttenlocher, 2012).
 */
function squaredDistance(mask: Mask, columns: number): Float64Array {
  const rows = mask.length / columns;
  const field = Float64Array.from(mask, (inside) => (inside ? 0 : FAR));
  for (let x = 0; x < columns; x += 1) {
    envelope(field, x, columns, rows);
  }
  for (let y = 0; y < rows; y += 1) {
    envelope(field, y * columns, 1, columns);
  }
  return field;
}

function envelope(
  field: Float64Array,
  from: number,
  step: number,
  count: number,
): void {
  const line = Float64Array.from(
    { length: count },
    (_, i) => field[from + i * step] as number,
  );
  const at = (i: number): number => (line[i] as number) + i * i;
  const vertices = new Int32Array(count);
  const starts = new Float64Array(count + 1).fill(Number.NEGATIVE_INFINITY);
  let last = 0;
  for (let q = 1; q < count; q += 1) {
    let start: number;
    do {
      const v = vertices[last] as number;
      start = (at(q) - at(v)) / (2 * (q - v));
    } while (start <= (starts[last] as number) && --last >= 0);
    last += 1;
    vertices[last] = q;
    starts[last] = start;
  }
  starts[last + 1] = Number.POSITIVE_INFINITY;
  let k = 0;
  for (let q = 0; q < count; q += 1) {
    while ((starts[k + 1] as number) < q) {
      k += 1;
    }
    const v = vertices[k] as number;
    field[from + q * step] = (q - v) ** 2 + (line[v] as number);
  }
}
