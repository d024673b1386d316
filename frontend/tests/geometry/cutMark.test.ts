import { expect, test } from 'vitest';
import { cutMark } from '../../src/geometry/cutMark';
import type { PlaneFrame } from '../../src/geometry/PlaneFrame';
import { SlicePlacement } from '../../src/geometry/SlicePlacement';
import type { LogTurn } from '../../src/session/LogState';
import { turnInPlane } from '../../src/session/turnInPlane';
import type { Prompt } from '../../src/wire/Prompt';

/** Slices run down the screen, y to the right. */
const SAGITTAL = { axis: 2, rows: 0, columns: 1 } as PlaneFrame;
/** Slices run to the right, as where they are thinner than a patient is tall. */
const CORONAL = { axis: 1, rows: 2, columns: 0 } as PlaneFrame;

test('a line of voxels made in the plane is there as it was drawn', () => {
  const mark: Prompt = {
    kind: 'scribble',
    label: 1,
    voxels: [
      [3, 5, 7],
      [3, 9, 7],
    ],
    width: 1,
  };
  const [made] = cutMark(mark, SAGITTAL, 7);
  expect(made?.places).toEqual([
    [3, 5],
    [3, 9],
  ]);
  expect(cutMark(mark, SAGITTAL, 8)).toEqual([]);
  expect(cutMark(mark, CORONAL, 6)[0]?.places).toEqual([[7, 3]]);
});

test('a stroke across the plane is there as wide as it passes', () => {
  const voxels = [
    [2, 0, 0],
    [2, 10, 10],
    [2, 20, 0],
  ] as const;
  const mark: Prompt = { kind: 'scribble', label: 0, voxels, width: 4 };
  // Both legs pass x = 4, two voxels to either side of it.
  expect(cutMark(mark, SAGITTAL, 4).map(({ places }) => places)).toEqual([
    [
      [2, 2],
      [2, 6],
    ],
    [
      [2, 14],
      [2, 18],
    ],
  ]);
  // Where they meet they are one.
  expect(cutMark(mark, SAGITTAL, 9)[0]?.places).toEqual([
    [2, 7],
    [2, 13],
  ]);
});

test('of a lasso there is what it encloses', () => {
  const voxels = [
    [1, 0, 0],
    [1, 8, 0],
    [1, 8, 6],
    [1, 4, 2],
    [1, 0, 6],
  ] as const;
  const mark: Prompt = { kind: 'lasso', label: 2, voxels };
  expect(cutMark(mark, SAGITTAL, 4).map(({ places }) => places)).toEqual([
    [
      [1, 0],
      [1, 2],
    ],
    [
      [1, 6],
      [1, 8],
    ],
  ]);
});

test('boxes are cut, points are where they lie, paint is in the mask', () => {
  const box: Prompt = {
    kind: 'box',
    label: 1,
    start: [2, 3, 4],
    stop: [5, 6, 7],
  };
  expect(cutMark(box, SAGITTAL, 6)[0]).toMatchObject({
    closed: true,
    places: [
      [1.5, 2.5],
      [1.5, 5.5],
      [4.5, 5.5],
      [4.5, 2.5],
    ],
  });
  expect(cutMark(box, SAGITTAL, 7)).toEqual([]);
  const click: Prompt = { kind: 'click', label: 1, voxel: [2, 3, 4] };
  expect(cutMark(click, CORONAL, 3)[0]?.places).toEqual([[4, 2]]);
  expect(cutMark({ kind: 'accept', slice: 3 }, SAGITTAL, 3)).toEqual([]);
});

test('the newest mark under a point of the plane is found, by pixels', () => {
  const turns = [3, 3, 9].map(
    (z, i) =>
      ({
        id: String(i),
        state: i === 1 ? 'undone' : 'active',
        prompts: [
          {
            kind: 'scribble',
            label: 1,
            voxels: [
              [z, 5, 7],
              [z, 9, 7],
            ],
            width: 1,
          },
        ],
      }) as unknown as LogTurn,
  );
  const placement = new SlicePlacement([0, 0], [2, 0], [0, 10]);
  const at = (point: readonly [number, number]): string | undefined =>
    turnInPlane(turns, SAGITTAL, 7, placement, point, 5)?.id;
  expect(at([14, 34])).toBe('0');
  expect(at([14, 91])).toBe('2');
  expect(at([30, 34])).toBeUndefined();
});
