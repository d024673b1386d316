import type { Voxel } from './frames';
import type { PlaneFrame } from './PlaneFrame';
import type { VolumeGeometry } from './VolumeGeometry';

type Place = readonly [row: number, column: number];

/**
 * Voxels of a plane across the slices that a stroke in it covers: those whose
 * centre is within half its width of the polyline, in mm, and those that the
 * polyline passes through. Slices may be further apart than voxels are, so the
 * width is one of millimetres: `width` times the smaller of the two spacings.
 *
 * @param at the fixed index of the plane
 * @param polyline places of the plane, integer = voxel centre
 */
export function coverPlaneStroke(
  geometry: VolumeGeometry,
  frame: PlaneFrame,
  at: number,
  polyline: readonly Place[],
  width: number,
): readonly Voxel[] {
  const { rows, columns } = frame;
  const size: Place = [geometry.shape[rows], geometry.shape[columns]];
  const mm: Place = [geometry.spacing(rows), geometry.spacing(columns)];
  const radius = (width / 2) * Math.min(...mm);
  const covered = new Set<number>();
  const add = (row: number, column: number): void => {
    if (row >= 0 && row < size[0] && column >= 0 && column < size[1]) {
      covered.add(row * size[1] + column);
    }
  };
  polyline.forEach((end, i) => {
    const start = polyline[Math.max(i - 1, 0)] ?? end;
    eachNear(start, end, [radius / mm[0], radius / mm[1]], (row, column) => {
      if (distance([row, column], start, end, mm) <= radius) {
        add(row, column);
      }
    });
    const steps = Math.ceil(
      Math.max(Math.abs(end[0] - start[0]), Math.abs(end[1] - start[1])),
    );
    for (let step = 0; step <= steps; step += 1) {
      const along = steps === 0 ? 0 : step / steps;
      add(
        Math.floor(start[0] + (end[0] - start[0]) * along + 0.5),
        Math.floor(start[1] + (end[1] - start[1]) * along + 0.5),
      );
    }
  });
  return [...covered]
    .sort((a, b) => a - b)
    .map((offset) => {
      const voxel: [number, number, number] = [0, 0, 0];
      voxel[frame.axis] = at;
      voxel[rows] = Math.floor(offset / size[1]);
      voxel[columns] = offset % size[1];
      return voxel;
    });
}

function eachNear(
  start: Place,
  end: Place,
  reach: Place,
  tell: (row: number, column: number) => void,
): void {
  const low = (i: 0 | 1): number =>
    Math.ceil(Math.min(start[i], end[i]) - reach[i]);
  const high = (i: 0 | 1): number =>
    Math.floor(Math.max(start[i], end[i]) + reach[i]);
  for (let row = low(0); row <= high(0); row += 1) {
    for (let column = low(1); column <= high(1); column += 1) {
      tell(row, column);
    }
  }
}

/** From a place to a segment, in mm. */
function distance(place: Place, start: Place, end: Place, mm: Place): number {
  const [dy, dx] = [(end[0] - start[0]) * mm[0], (end[1] - start[1]) * mm[1]];
  const [y, x] = [(place[0] - start[0]) * mm[0], (place[1] - start[1]) * mm[1]];
  const length = dy * dy + dx * dx;
  const share =
    length === 0 ? 0 : Math.min(Math.max((y * dy + x * dx) / length, 0), 1);
  return Math.hypot(y - share * dy, x - share * dx);
}
