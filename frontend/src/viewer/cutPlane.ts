import type { Shape } from '../geometry/frames';
import type { PlaneFrame } from '../geometry/PlaneFrame';

/** One slice in memory: C order (y, x), `channels` values per voxel. */
export interface SliceValues {
  readonly values: ArrayLike<number>;
  readonly channels: number;
  /** stored × slope + intercept is the value in the modality's unit */
  readonly slope: number;
  readonly intercept: number;
}

/** Values along the rows and columns of a plane; NaN where no slice is yet. */
export interface Plane<Values> {
  readonly values: Values;
  readonly rows: number;
  readonly columns: number;
}

/**
 * The grey values of a plane across y or x, cut out of the slices in memory.
 *
 * @param at index along `frame.axis`
 * @param slice what is in memory of a slice; null where it has not come
 */
export function cutValues(
  shape: Shape,
  frame: PlaneFrame,
  at: number,
  slice: (z: number) => SliceValues | null,
): Plane<Float32Array> {
  const plane = emptyPlane(shape, frame, Float32Array);
  plane.values.fill(Number.NaN);
  walk(shape, frame, at, (z, first, step, count, put, putStep) => {
    const source = slice(z);
    if (!source) {
      return;
    }
    const { values, channels, slope, intercept } = source;
    for (let i = 0; i < count; i += 1) {
      plane.values[put + i * putStep] =
        (values[(first + i * step) * channels] as number) * slope + intercept;
    }
  });
  return plane;
}

/** The labels of the same plane; 0 where no slice has any. */
export function cutLabels(
  shape: Shape,
  frame: PlaneFrame,
  at: number,
  slice: (z: number) => Uint8Array | null,
): Plane<Uint8Array> {
  const plane = emptyPlane(shape, frame, Uint8Array);
  walk(shape, frame, at, (z, first, step, count, put, putStep) => {
    const labels = slice(z);
    for (let i = 0; labels && i < count; i += 1) {
      plane.values[put + i * putStep] = labels[first + i * step] as number;
    }
  });
  return plane;
}

type Run = (
  z: number,
  first: number,
  step: number,
  count: number,
  put: number,
  putStep: number,
) => void;

/** For each slice, the line of voxels in it that the plane passes through. */
function walk(shape: Shape, frame: PlaneFrame, at: number, run: Run): void {
  if (frame.axis === 0) {
    throw new RangeError('A slice is shown as it is, not cut');
  }
  const [depth, height, width] = shape;
  const alongX = frame.axis === 1;
  const count = alongX ? width : height;
  const first = alongX ? at * width : at;
  const step = alongX ? 1 : width;
  const zIsRows = frame.rows === 0;
  const columns = shape[frame.columns];
  for (let z = 0; z < depth; z += 1) {
    run(
      z,
      first,
      step,
      count,
      zIsRows ? z * columns : z,
      zIsRows ? 1 : columns,
    );
  }
}

function emptyPlane<Values>(
  shape: Shape,
  frame: PlaneFrame,
  Kind: new (length: number) => Values,
): Plane<Values> {
  const [rows, columns] = [shape[frame.rows], shape[frame.columns]];
  return { values: new Kind(rows * columns), rows, columns };
}
