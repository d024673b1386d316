import { describe, expect, test } from 'vitest';
import type { Affine, Shape } from '../../src/geometry/frames';
import { planeFrames } from '../../src/geometry/PlaneFrame';
import {
  fitPlane,
  indexInPlane,
  placePlane,
} from '../../src/geometry/placePlane';
import { VolumeGeometry } from '../../src/geometry/VolumeGeometry';

const SHAPE: Shape = [10, 40, 30];
/** Columns are the steps along z, y, x; rows x, y, z in LPS mm. */
const upright: Affine = [
  [0, 0, 0.8, -10],
  [0, 0.9, 0, 5],
  [3, 0, 0, 100],
  [0, 0, 0, 1],
];
const flipped: Affine = [
  [0, 0, -0.8, 10],
  [0, -0.9, 0, 5],
  [-3, 0, 0, 100],
  [0, 0, 0, 1],
];
/** Slices taken from left to right, rows from head to foot. */
const sagittal: Affine = [
  [4, 0, 0, 0],
  [0, 0, 1, 0],
  [0, -1, 0, 0],
  [0, 0, 0, 1],
];
const cos = Math.cos(0.3);
const sin = Math.sin(0.3);
const oblique: Affine = [
  [3 * sin, 0, 0.8 * cos, 7],
  [0, 0.9, 0, -3],
  [3 * cos, 0, -0.8 * sin, 2],
  [0, 0, 0, 1],
];
/** A tilted gantry: slices pushed along y. */
const sheared: Affine = [
  [0, 0, 0.8, 0],
  [1.2, 0.9, 0, 0],
  [3, 0, 0, 0],
  [0, 0, 0, 1],
];
const PANE = { width: 300, height: 200 };

describe.each([
  ['upright', upright, ['axial', 'coronal', 'sagittal']],
  ['flipped', flipped, ['axial', 'coronal', 'sagittal']],
  ['sagittal', sagittal, ['sagittal', 'axial', 'coronal']],
  ['oblique', oblique, ['axial', 'coronal', 'sagittal']],
  ['sheared', sheared, ['axial', 'coronal', 'sagittal']],
] as const)('planes of an %s volume', (_, affine, names) => {
  const geometry = new VolumeGeometry(SHAPE, affine);
  const frames = planeFrames(geometry);

  test('are named after the nearest plane of the body', () => {
    expect(frames.map(({ name }) => name)).toEqual(names);
  });

  test('have a screen at right angles, seen as radiologists do', () => {
    for (const { right, down, name } of frames) {
      expect(Math.hypot(...right)).toBeCloseTo(1, 9);
      expect(Math.hypot(...down)).toBeCloseTo(1, 9);
      expect(
        right[0] * down[0] + right[1] * down[1] + right[2] * down[2],
      ).toBeCloseTo(0, 9);
      expect(name === 'sagittal' ? right[1] : right[0]).toBeGreaterThan(0.8);
      expect(name === 'axial' ? down[1] : -down[2]).toBeGreaterThan(0.8);
    }
  });

  test('keep lengths: a mm is as many pixels in every direction', () => {
    for (const frame of frames) {
      const camera = { row: 4, column: 6, scale: 2.5 };
      const placed = placePlane(geometry, frame, 3, PANE, camera);
      for (const [row, column] of [
        [0, 0],
        [7, 2],
        [3, 9],
      ] as const) {
        const [x, y] = placed.canvasOf(row, column);
        const here = geometry.pointOf(indexInPlane(frame, 3, row, column));
        const middle = geometry.pointOf(indexInPlane(frame, 3, 4, 6));
        expect(Math.hypot(x - 150, y - 100)).toBeCloseTo(
          2.5 *
            Math.hypot(
              here[0] - middle[0],
              here[1] - middle[1],
              here[2] - middle[2],
            ),
          6,
        );
        const [r, c] = placed.indexAt([x, y]);
        expect(r).toBeCloseTo(row, 6);
        expect(c).toBeCloseTo(column, 6);
      }
    }
  });

  test('fitted, lie whole in the pane and touch two of its sides', () => {
    for (const frame of frames) {
      const camera = fitPlane(geometry, frame, PANE);
      const placed = placePlane(geometry, frame, 2, PANE, camera);
      const [rows, columns] = [SHAPE[frame.rows], SHAPE[frame.columns]];
      const corners = [
        placed.canvasOf(-0.5, -0.5),
        placed.canvasOf(-0.5, columns - 0.5),
        placed.canvasOf(rows - 0.5, -0.5),
        placed.canvasOf(rows - 0.5, columns - 0.5),
      ];
      const left = Math.min(...corners.map(([x]) => x));
      const right = Math.max(...corners.map(([x]) => x));
      const top = Math.min(...corners.map(([, y]) => y));
      const bottom = Math.max(...corners.map(([, y]) => y));
      expect(Math.min(left, top)).toBeCloseTo(0, 6);
      expect(left).toBeGreaterThan(-1e-6);
      expect(top).toBeGreaterThan(-1e-6);
      expect(right).toBeLessThan(300 + 1e-6);
      expect(bottom).toBeLessThan(200 + 1e-6);
    }
  });
});
