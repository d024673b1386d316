import type { Shape, Voxel } from './frames';

/**
 * Offsets into a slice, C order (y * shape[2] + x), that a scribble covers.
 *
 * All voxels whose centre is within `width / 2` of the polyline (Euclid, in
 * in-plane voxels), plus the polyline's own voxels; the worker follows the
 * same rule. The polyline lies in one slice; parts outside are left out.
 */
export function rasteriseScribble(
  polyline: readonly Voxel[],
  width: number,
  shape: Shape,
): Set<number> {
  const [, height, columns] = shape;
  const covered = new Set<number>();
  const add = (y: number, x: number): void => {
    if (y >= 0 && y < height && x >= 0 && x < columns) {
      covered.add(y * columns + x);
    }
  };
  const radius = width / 2;
  const reach = Math.ceil(radius);
  polyline.forEach((end, i) => {
    const start = polyline[Math.max(i - 1, 0)] ?? end;
    const [, y0, x0] = start;
    const [, y1, x1] = end;
    add(y1, x1);
    for (
      let y = Math.max(Math.min(y0, y1) - reach, 0);
      y <= Math.min(Math.max(y0, y1) + reach, height - 1);
      y += 1
    ) {
      for (
        let x = Math.max(Math.min(x0, x1) - reach, 0);
        x <= Math.min(Math.max(x0, x1) + reach, columns - 1);
        x += 1
      ) {
        if (squaredDistance(y, x, y0, x0, y1, x1) <= radius * radius) {
          add(y, x);
        }
      }
    }
  });
  return covered;
}

/** Squared distance of (y, x) from the segment (y0, x0)–(y1, x1). */
function squaredDistance(
  y: number,
  x: number,
  y0: number,
  x0: number,
  y1: number,
  x1: number,
): number {
  const dy = y1 - y0;
  const dx = x1 - x0;
  const squaredLength = dy * dy + dx * dx;
  const along =
    squaredLength === 0
      ? 0
      : Math.min(
          Math.max(((y - y0) * dy + (x - x0) * dx) / squaredLength, 0),
          1,
        );
  const ey = y - (y0 + along * dy);
  const ex = x - (x0 + along * dx);
  return ey * ey + ex * ex;
}
