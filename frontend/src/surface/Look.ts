import type { Point } from '../geometry/frames';

/** Screen directions as LPS unit vectors; `towards` points at the reader. */
export interface Look {
  readonly right: Point;
  readonly up: Point;
  readonly towards: Point;
}

/**
 * How a reader looks who went round the patient and up: the head stays up.
 *
 * @param yaw degrees from the front to the patient's left
 * @param pitch degrees upwards; at 90 seen from the head
 */
export function lookFrom(yaw: number, pitch: number): Look {
  const [y, p] = [(yaw * Math.PI) / 180, (pitch * Math.PI) / 180];
  return {
    right: [Math.cos(y), Math.sin(y), 0],
    up: [-Math.sin(y) * Math.sin(p), Math.cos(y) * Math.sin(p), Math.cos(p)],
    towards: [
      Math.sin(y) * Math.cos(p),
      -Math.cos(y) * Math.cos(p),
      Math.sin(p),
    ],
  };
}
