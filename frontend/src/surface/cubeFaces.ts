import type { Point } from '../geometry/frames';
import type { Look } from './Look';

/** A side of the orientation cube that the reader sees. */
export interface CubeFace {
  /** L, R, P, A, S or I */
  readonly letter: string;
  /** corners, right and down from the middle, for a cube of side 2 */
  readonly corners: readonly (readonly [right: number, down: number])[];
  /** 0 seen along the side, 1 seen from in front */
  readonly facing: number;
}

const LETTERS = [
  ['L', 'R'],
  ['P', 'A'],
  ['S', 'I'],
] as const;

/** The sides of a cube with the patient's axes that face the reader. */
export function cubeFaces(look: Look): readonly CubeFace[] {
  const place = (p: Point): readonly [number, number] => [
    dot(look.right, p),
    -dot(look.up, p),
  ];
  return ([0, 1, 2] as const).flatMap((axis) => {
    const facing = look.towards[axis];
    if (Math.abs(facing) < 1e-3) {
      return [];
    }
    const sign = facing > 0 ? 1 : -1;
    const [u, v] = [(axis + 1) % 3, (axis + 2) % 3];
    const corners = [
      [-1, -1],
      [1, -1],
      [1, 1],
      [-1, 1],
    ].map(([a = 0, b = 0]) => {
      const corner: [number, number, number] = [0, 0, 0];
      corner[axis] = sign;
      corner[u] = a;
      corner[v] = b;
      return place(corner);
    });
    const letter = LETTERS[axis][sign > 0 ? 0 : 1];
    return [{ letter, corners, facing: Math.abs(facing) }];
  });
}

function dot(a: Point, b: Point): number {
  return a[0] * b[0] + a[1] * b[1] + a[2] * b[2];
}
