import { describe, expect, test } from 'vitest';
import type { Affine, Point, Shape } from '../../src/geometry/frames';
import {
  cutLine,
  fitScale,
  placeGrid,
  turnPlane,
} from '../../src/geometry/ObliquePlane';
import { planeFrames } from '../../src/geometry/PlaneFrame';
import { VolumeGeometry } from '../../src/geometry/VolumeGeometry';
import { sampleLabels, sampleValues } from '../../src/viewer/cutOblique';
import { AFFINES } from '../geometry/affines';

const SHAPE: Shape = [7, 12, 10];
const PANE = { width: 41, height: 31 };
const CAMERA = { scale: 3, right: 4, down: -2 };

/** Grey values that are a plane wave in mm: trilinear keeps them exactly. */
const wave = ([x, y, z]: Point): number => 3 * x - 2 * y + 0.5 * z + 7;

describe.each(Object.entries(AFFINES))('an oblique plane, %s', (_, affine) => {
  const geometry = new VolumeGeometry(SHAPE, affine);
  const [frame] = planeFrames(geometry);
  const centre = geometry.pointOf([3, 6, 5]);
  const slice = (z: number) => ({
    // Stored as half the value and a shift, as DICOM may.
    values: Float64Array.from({ length: SHAPE[1] * SHAPE[2] }, (_, i) => {
      const index = [z, Math.floor(i / SHAPE[2]), i % SHAPE[2]] as const;
      return (wave(geometry.pointOf(index)) + 100) / 2;
    }),
    channels: 1,
    slope: 2,
    intercept: -100,
  });
  const plane = turnPlane(frame, 30, -20);
  const grid = placeGrid(geometry, centre, plane, PANE, CAMERA, 1);
  /** the point in the patient at the middle of a pixel of the pane */
  const pointAt = (row: number, column: number): Point => {
    const right = (column + 0.5 - PANE.width / 2 - CAMERA.right) / CAMERA.scale;
    const down = (row + 0.5 - PANE.height / 2 - CAMERA.down) / CAMERA.scale;
    return [0, 1, 2].map(
      (i) =>
        (centre[i] as number) +
        right * (plane.right[i] as number) +
        down * (plane.down[i] as number),
    ) as unknown as Point;
  };

  test('shows every millimetre of the patient where it is', () => {
    const values = sampleValues(SHAPE, grid, slice);
    let seen = 0;
    for (let row = 0; row < grid.rows; row += 1) {
      for (let column = 0; column < grid.columns; column += 1) {
        const value = values[row * grid.columns + column] as number;
        const point = pointAt(row, column);
        const index = geometry.indexOf(point);
        const inner = index.every(
          (at, axis) => at >= 0 && at <= (SHAPE[axis] as number) - 1,
        );
        if (inner) {
          expect(value).toBeCloseTo(wave(point), 3);
          seen += 1;
        } else if (!geometry.contains(geometry.voxelOf(index))) {
          expect(value).toBe(Number.NEGATIVE_INFINITY);
        }
      }
    }
    expect(seen).toBeGreaterThan(100);
  });

  test('labels a pixel as the voxel it lies in', () => {
    const label = (z: number, y: number, x: number) => 1 + ((z + y + x) % 3);
    const labels = sampleLabels(SHAPE, grid, (z) =>
      Uint8Array.from({ length: SHAPE[1] * SHAPE[2] }, (_, i) =>
        label(z, Math.floor(i / SHAPE[2]), i % SHAPE[2]),
      ),
    );
    for (let row = 0; row < grid.rows; row += 1) {
      for (let column = 0; column < grid.columns; column += 1) {
        const index = geometry.indexOf(pointAt(row, column));
        const voxel = geometry.voxelOf(index);
        if (index.some((at) => Math.abs(at - Math.floor(at) - 0.5) < 1e-6)) {
          // Between two voxels: either will do.
          continue;
        }
        expect(labels[row * grid.columns + column]).toBe(
          geometry.contains(voxel) ? label(...(voxel as Point)) : 0,
        );
      }
    }
  });

  test('is drawn on the slice where it cuts it', () => {
    for (const z of [1, 3, 5]) {
      for (const end of cutLine(geometry, z, centre, plane.away) ?? []) {
        const point = geometry.pointOf([z, ...end]);
        const off = point.reduce(
          (sum, part, i) =>
            sum + (part - (centre[i] as number)) * (plane.away[i] as number),
          0,
        );
        expect(off).toBeCloseTo(0, 9);
      }
    }
    expect(cutLine(geometry, 3, centre, plane.away)).not.toBeNull();
  });

  test('has screen axes at right angles, and straight is the slice', () => {
    const dot = (a: Point, b: Point) => a[0] * b[0] + a[1] * b[1] + a[2] * b[2];
    expect(dot(plane.right, plane.down)).toBeCloseTo(0, 9);
    expect(dot(plane.right, plane.away)).toBeCloseTo(0, 9);
    expect(dot(plane.down, plane.down)).toBeCloseTo(1, 9);
    const straight = turnPlane(frame, 0, 0);
    expect(dot(straight.right, frame.right)).toBeCloseTo(1, 9);
    expect(dot(straight.down, frame.down)).toBeCloseTo(1, 9);
    expect(fitScale(geometry, PANE)).toBeGreaterThan(0);
  });
});

test('a slice that has not come is told apart from the air around', () => {
  const geometry = new VolumeGeometry(SHAPE, AFFINES.anisotropic as Affine);
  const grid = placeGrid(
    geometry,
    geometry.pointOf([3, 6, 5]),
    turnPlane(planeFrames(geometry)[0], 0, 90),
    PANE,
    { scale: 1, right: 0, down: 0 },
    1,
  );
  const values = sampleValues(SHAPE, grid, (z) =>
    z === 3
      ? { values: new Int16Array(120), channels: 1, slope: 1, intercept: 0 }
      : null,
  );
  expect(values.some(Number.isNaN)).toBe(true);
  expect(values.some((value) => value === 0)).toBe(false);
  expect(values[0]).toBe(Number.NEGATIVE_INFINITY);
});
