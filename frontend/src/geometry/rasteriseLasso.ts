import type { Shape, Voxel } from './frames';
import { rasteriseScribble } from './rasteriseScribble';

/**
 * Offsets into a slice, C order, of the voxels whose centre lies inside a
 * closed polygon (even-odd), its border included: the worker's rule
 * (`contract/marks.py`). Parts outside the volume are left out.
 */
export function rasteriseLasso(
  polygon: readonly Voxel[],
  shape: Shape,
): Set<number> {
  const first = polygon[0];
  if (!first) {
    return new Set();
  }
  const covered = rasteriseScribble([...polygon, first], 0, shape);
  const [, height, width] = shape;
  const rows = polygon.map(([, y]) => y);
  const top = Math.max(Math.min(...rows), 0);
  const bottom = Math.min(Math.max(...rows), height - 1);
  for (let y = top; y <= bottom; y += 1) {
    const crossings = polygon
      .flatMap(([, y0, x0], i) => {
        const [, y1, x1] = polygon[(i + 1) % polygon.length] as Voxel;
        return y0 > y === y1 > y
          ? []
          : [((x1 - x0) * (y - y0)) / (y1 - y0) + x0];
      })
      .sort((a, b) => a - b);
    for (let i = 0; i + 1 < crossings.length; i += 2) {
      const from = Math.max(Math.ceil(crossings[i] as number), 0);
      const to = Math.min(crossings[i + 1] as number, width);
      for (let x = from; x < to; x += 1) {
        covered.add(y * width + x);
      }
    }
  }
  return covered;
}
