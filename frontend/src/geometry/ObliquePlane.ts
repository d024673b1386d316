import type { Point, VoxelIndex } from './frames';
import type { PlaneFrame } from './PlaneFrame';
import type { VolumeGeometry } from './VolumeGeometry';

/** A plane through the patient, whichever way the voxels run. */
export interface ObliquePlane {
  /** unit vectors (LPS) at right angles: screen right, screen down, and away */
  readonly right: Point;
  readonly down: Point;
  readonly away: Point;
}

/** Where a plane is sampled, in indices of the volume. */
export interface ObliqueGrid {
  /** index at the first sample */
  readonly origin: VoxelIndex;
  /** what the index grows by from column to column, and from row to row */
  readonly across: VoxelIndex;
  readonly along: VoxelIndex;
  readonly rows: number;
  readonly columns: number;
}

/** What of a plane a pane shows. */
export interface ObliqueCamera {
  /** CSS pixels per mm */
  readonly scale: number;
  /** how far the point turned about is from the middle, CSS pixels */
  readonly right: number;
  readonly down: number;
}

/**
 * The plane of a frame, turned.
 *
 * @param turn degrees about the way down the screen: its right goes away
 * @param tilt degrees about the way to the right: its lower side goes away
 */
export function turnPlane(
  { right, down }: Pick<PlaneFrame, 'right' | 'down'>,
  turn: number,
  tilt: number,
): ObliquePlane {
  const away = cross(right, down);
  const [a, b] = [(turn * Math.PI) / 180, (tilt * Math.PI) / 180];
  const turned = mix(right, Math.cos(a), away, Math.sin(a));
  const behind = mix(away, Math.cos(a), right, -Math.sin(a));
  return {
    right: turned,
    down: mix(down, Math.cos(b), behind, Math.sin(b)),
    away: mix(behind, Math.cos(b), down, -Math.sin(b)),
  };
}

/**
 * One sample in the middle of every square of `step` CSS pixels of a pane.
 *
 * @param centre the point (LPS mm) that the plane is turned about
 */
export function placeGrid(
  geometry: VolumeGeometry,
  centre: Point,
  plane: ObliquePlane,
  pane: { readonly width: number; readonly height: number },
  camera: ObliqueCamera,
  step: number,
): ObliqueGrid {
  const mm = step / camera.scale;
  const columns = Math.ceil(pane.width / step);
  const rows = Math.ceil(pane.height / step);
  const at = (x: number, y: number): Point =>
    mix(
      mix(
        centre,
        1,
        plane.right,
        (x - pane.width / 2 - camera.right) / camera.scale,
      ),
      1,
      plane.down,
      (y - pane.height / 2 - camera.down) / camera.scale,
    );
  const first = at(step / 2, step / 2);
  const origin = geometry.indexOf(first);
  const towards = (direction: Point): VoxelIndex => {
    const [z, y, x] = geometry.indexOf(mix(first, 1, direction, mm));
    return [z - origin[0], y - origin[1], x - origin[2]];
  };
  return {
    origin,
    across: towards(plane.right),
    along: towards(plane.down),
    rows,
    columns,
  };
}

/** CSS pixels per mm that show the whole volume, however the plane is turned. */
export function fitScale(
  geometry: VolumeGeometry,
  pane: { readonly width: number; readonly height: number },
): number {
  const longest = Math.hypot(
    ...([0, 1, 2] as const).map(
      (axis) => geometry.shape[axis] * geometry.spacing(axis),
    ),
  );
  return Math.min(pane.width, pane.height) / longest;
}

/**
 * Where a plane cuts a slice: two ends as (row, column) on the slice's rim.
 *
 * @returns null where it does not, or where the slice lies in the plane
 */
export function cutLine(
  geometry: VolumeGeometry,
  slice: number,
  centre: Point,
  away: Point,
): readonly [readonly [number, number], readonly [number, number]] | null {
  const [, height, width] = geometry.shape;
  const distance = (row: number, column: number): number => {
    const [x, y, z] = geometry.pointOf([slice, row, column]);
    return (
      away[0] * (x - centre[0]) +
      away[1] * (y - centre[1]) +
      away[2] * (z - centre[2])
    );
  };
  const rim = [
    [-0.5, -0.5],
    [-0.5, width - 0.5],
    [height - 0.5, width - 0.5],
    [height - 0.5, -0.5],
  ] as const;
  const ends = rim.flatMap((from, i) => {
    const to = rim[(i + 1) % 4] as readonly [number, number];
    const [a, b] = [distance(from[0], from[1]), distance(to[0], to[1])];
    if (a < 0 === b < 0) {
      return [];
    }
    const share = a / (a - b);
    return [
      [
        from[0] + share * (to[0] - from[0]),
        from[1] + share * (to[1] - from[1]),
      ] as const,
    ];
  });
  const [from, to] = ends;
  return from && to ? [from, to] : null;
}

function mix(a: Point, s: number, b: Point, t: number): Point {
  return [s * a[0] + t * b[0], s * a[1] + t * b[1], s * a[2] + t * b[2]];
}

function cross(a: Point, b: Point): Point {
  return [
    a[1] * b[2] - a[2] * b[1],
    a[2] * b[0] - a[0] * b[2],
    a[0] * b[1] - a[1] * b[0],
  ];
}
