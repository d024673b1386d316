import type { Point } from './frames';
import type { VolumeGeometry } from './VolumeGeometry';

export type Axis = 0 | 1 | 2;
export type PlaneName = 'axial' | 'sagittal' | 'coronal';

/** How the planes across one voxel axis are shown on a screen. */
export interface PlaneFrame {
  /** the axis (0 z, 1 y, 2 x) whose index is the same all over the plane */
  readonly axis: Axis;
  readonly name: PlaneName;
  /** the axes that run down and across the screen */
  readonly rows: Axis;
  readonly columns: Axis;
  /** unit vectors (LPS) at right angles: screen right and screen down */
  readonly right: Point;
  readonly down: Point;
}

/** Radiological convention: the patient's left is right, the head is up. */
const SCREEN: Readonly<
  Record<PlaneName, readonly [right: Point, down: Point]>
> = {
  axial: [
    [1, 0, 0],
    [0, 1, 0],
  ],
  coronal: [
    [1, 0, 0],
    [0, 0, -1],
  ],
  sagittal: [
    [0, 1, 0],
    [0, 0, -1],
  ],
};

const NAMES: readonly PlaneName[] = ['sagittal', 'coronal', 'axial'];
const ORDERS: readonly (readonly [Axis, Axis, Axis])[] = [
  [0, 1, 2],
  [0, 2, 1],
  [1, 0, 2],
  [1, 2, 0],
  [2, 0, 1],
  [2, 1, 0],
];

/**
 * The frames of the planes across z, y and x of a volume.
 *
 * Planes are those of the voxel grid, so that a voxel is never mixed with
 * another; each is named after the body plane it is nearest to, no name twice.
 */
export function planeFrames(
  geometry: VolumeGeometry,
): readonly [PlaneFrame, PlaneFrame, PlaneFrame] {
  const normals = ([0, 1, 2] as const).map((axis) => {
    const [a, b] = others(axis);
    return unit(cross(geometry.direction(a), geometry.direction(b)));
  });
  const fit = (order: readonly Axis[]): number =>
    order.reduce<number>(
      (sum, body, axis) => sum + Math.abs(normals[axis]?.[body] ?? 0),
      0,
    );
  const best = ORDERS.reduce((a, b) => (fit(b) > fit(a) + 1e-9 ? b : a));
  return [
    frame(geometry, 0, NAMES[best[0]] as PlaneName),
    frame(geometry, 1, NAMES[best[1]] as PlaneName),
    frame(geometry, 2, NAMES[best[2]] as PlaneName),
  ];
}

function frame(
  geometry: VolumeGeometry,
  axis: Axis,
  name: PlaneName,
): PlaneFrame {
  const [across, along] = SCREEN[name];
  const [a, b] = others(axis);
  const lies = (one: Axis, direction: Point): number =>
    Math.abs(dot(geometry.direction(one), direction));
  const [columns, rows] =
    lies(a, across) + lies(b, along) > lies(b, across) + lies(a, along)
      ? [a, b]
      : [b, a];
  const right = towards(geometry.direction(columns), across);
  const tilted = towards(geometry.direction(rows), along);
  const share = dot(tilted, right);
  const down = unit([
    tilted[0] - share * right[0],
    tilted[1] - share * right[1],
    tilted[2] - share * right[2],
  ]);
  return { axis, name, rows, columns, right, down };
}

function others(axis: Axis): readonly [Axis, Axis] {
  return axis === 0 ? [1, 2] : axis === 1 ? [0, 2] : [0, 1];
}

/** `v` or its opposite, whichever points more along `aim`. */
function towards(v: Point, aim: Point): Point {
  return dot(v, aim) < 0 ? [-v[0], -v[1], -v[2]] : v;
}

export function dot(a: Point, b: Point): number {
  return a[0] * b[0] + a[1] * b[1] + a[2] * b[2];
}

function cross(a: Point, b: Point): Point {
  return [
    a[1] * b[2] - a[2] * b[1],
    a[2] * b[0] - a[0] * b[2],
    a[0] * b[1] - a[1] * b[0],
  ];
}

function unit(v: Point): Point {
  const length = Math.hypot(...v);
  return [v[0] / length, v[1] / length, v[2] / length];
}
