import type { Affine } from '../../src/geometry/frames';

/** Upright with thick slices; flipped; turned about all three axes. */
export const AFFINES: Readonly<Record<string, Affine>> = {
  anisotropic: [
    [0, 0, 0.8, -10],
    [0, 0.8, 0, 4],
    [3, 0, 0, 20],
    [0, 0, 0, 1],
  ],
  flipped: [
    [0, 0, -1, 10],
    [0, 1.5, 0, 0],
    [-3, 0, 0, 7],
    [0, 0, 0, 1],
  ],
  oblique: [
    [1.25, 0.325, -0.78, 12],
    [0.25, -1.235, -0.26, 5],
    [2.15, -0.247, 0.36, -20],
    [0, 0, 0, 1],
  ],
};
