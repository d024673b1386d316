import type { Shape, Voxel } from './frames';

/**
 * Offsets into a slice, C order (y * shape[2] + x), that a scribble covers.
 *
 * All voxels whose centre is within `width / 2` of the polyline (Euclid, in
 * in-plane voxels), plus those the polyline passes through: to the letter the
 * worker's rule (`contract/marks.py`), down to the order of the arithmetic.
 * The polyline lies in one slice; parts outside are left out.
 */
export function rasteriseScribble(
  polyline: readonly Voxel[],
  width: number,
  shape: Shape,
): Set<number> {
  const covered = new Set<number>();
  polyline.forEach((end, i) => {
    if (i > 0 || polyline.length === 1) {
      coverSegment(
        covered,
        polyline[Math.max(i - 1, 0)] ?? end,
        end,
        width,
        shape,
      );
    }
  });
  return covered;
}

function coverSegment(
  covered: Set<number>,
  [, y0, x0]: Voxel,
  [, y1, x1]: Voxel,
  width: number,
  [, height, columns]: Shape,
): void {
  const radius = Math.max(width / 2, 0);
  const reach = Math.ceil(radius);
  const dy = y1 - y0;
  const dx = x1 - x0;
  const length2 = dy * dy + dx * dx;
  const lowX = Math.max(Math.min(x0, x1) - reach, 0);
  const highX = Math.min(Math.max(x0, x1) + reach, columns - 1);
  const lowY = Math.max(Math.min(y0, y1) - reach, 0);
  const highY = Math.min(Math.max(y0, y1) + reach, height - 1);
  for (let y = lowY; y <= highY; y += 1) {
    for (let x = lowX; x <= highX; x += 1) {
      const t =
        length2 === 0
          ? 0
          : Math.min(Math.max(((y - y0) * dy + (x - x0) * dx) / length2, 0), 1);
      const distance2 = (y - y0 - t * dy) ** 2 + (x - x0 - t * dx) ** 2;
      if (distance2 <= radius ** 2) {
        covered.add(y * columns + x);
      }
    }
  }
  const steps = Math.max(Math.abs(dy), Math.abs(dx));
  for (let step = 0; step <= steps; step += 1) {
    const along = steps === 0 ? 0 : step / steps;
    const y = Math.floor(y0 + dy * along + 0.5);
    const x = Math.floor(x0 + dx * along + 0.5);
    if (y >= 0 && y < height && x >= 0 && x < columns) {
      covered.add(y * columns + x);
    }
  }
}
