import type { Mask } from './growMask';

/** Offsets (y, x) of a disc of radius 2: 13 voxels. */
const DISC = [-2, -1, 0, 1, 2].flatMap((y) =>
  [-2, -1, 0, 1, 2].flatMap((x) =>
    y * y + x * x <= 4 ? [[y, x] as const] : [],
  ),
);

/** What most voxels of the disc around a voxel are; the edge goes on outside. */
export function smoothMask(mask: Mask, columns: number): Mask {
  const rows = mask.length / columns;
  return mask.map((_, i) => {
    const y = Math.floor(i / columns);
    const x = i % columns;
    let inside = 0;
    for (const [dy, dx] of DISC) {
      const row = Math.min(Math.max(y + dy, 0), rows - 1);
      const column = Math.min(Math.max(x + dx, 0), columns - 1);
      inside += mask[row * columns + column] as number;
    }
    return 2 * inside > DISC.length ? 1 : 0;
  });
}
