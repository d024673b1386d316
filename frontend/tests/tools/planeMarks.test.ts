import { describe, expect, test } from 'vitest';
import type { Affine, Voxel } from '../../src/geometry/frames';
import { planeFrames } from '../../src/geometry/PlaneFrame';
import { rasteriseScribble } from '../../src/geometry/rasteriseScribble';
import { VolumeGeometry } from '../../src/geometry/VolumeGeometry';
import { ExtremePointsTool } from '../../src/tools/ExtremePointsTool';
import {
  marksInPlanes,
  PlaneMark,
  type PlaneToolName,
} from '../../src/tools/PlaneMark';
import { PlanePoint } from '../../src/tools/PlanePoint';
import type { PaintGround } from '../../src/tools/paint/PaintGround';
import { burnMarks } from '../../src/viewer/burnMarks';
import type { Prompt } from '../../src/wire/Prompt';

/** Slices 3 mm apart, voxels of 1 mm, the head up. */
const AFFINE: Affine = [
  [0, 0, 1, 0],
  [0, 1, 0, 0],
  [3, 0, 0, 0],
  [0, 0, 0, 1],
];
const geometry = new VolumeGeometry([8, 20, 30], AFFINE);
const frames = planeFrames(geometry);

const ground: PaintGround = {
  shape: geometry.shape,
  labels: (z) => (z === 3 ? new Uint8Array(600).fill(5) : null),
  values: () => (offset) => offset % 30,
  mayReplace: (label) => label !== 5,
};

function drawn(
  tool: PlaneToolName,
  axis: 1 | 2,
  path: readonly (readonly [row: number, column: number])[],
  width = 1,
  brush = {},
): readonly Prompt[] {
  const mark = new PlaneMark(tool, {
    geometry,
    ground,
    frame: frames[axis],
    at: 7,
    label: 2,
    brush: { width, ball: false, range: null, ...brush },
  });
  for (const [row, column] of path) {
    mark.move(row, column);
  }
  return mark.end();
}

/** Voxels that paint changes, by what is seen of it on every slice. */
function painted(prompts: readonly Prompt[]): string[] {
  expect(prompts.every(({ kind }) => kind === 'paint')).toBe(true);
  return Array.from({ length: 8 }, (_, z) => z).flatMap((z) =>
    [...(burnMarks(null, prompts, z, geometry.shape) ?? [])].flatMap(
      (label, at) =>
        label === 0 ? [] : [`${z},${Math.floor(at / 30)},${at % 30}=${label}`],
    ),
  );
}

/** Every voxel that the prompts cover, by the rule of the slices. */
function covered(prompts: readonly Prompt[]): string[] {
  return prompts
    .flatMap((prompt): Voxel[] => {
      if (prompt.kind !== 'scribble') {
        return [];
      }
      const z = prompt.voxels[0]?.[0] as number;
      expect(prompt.voxels.every((voxel) => voxel[0] === z)).toBe(true);
      const offsets = rasteriseScribble(
        prompt.voxels,
        prompt.width,
        geometry.shape,
      );
      return [...offsets].map((at) => [z, Math.floor(at / 30), at % 30]);
    })
    .map(String)
    .sort();
}

test('a sagittal and a coronal plane run down the slices', () => {
  expect(frames.map(({ name }) => name)).toEqual([
    'axial',
    'coronal',
    'sagittal',
  ]);
  expect([frames[2].rows, frames[2].columns]).toEqual([0, 1]);
  expect([frames[1].rows, frames[1].columns]).toEqual([0, 2]);
});

test('a click is the voxel under the pointer', () => {
  expect(drawn('click', 2, [[3.4, 11.6]])).toEqual([
    { kind: 'click', label: 2, voxel: [3, 12, 7] },
  ]);
  expect(drawn('click', 1, [[3.4, 11.6]])).toEqual([
    { kind: 'click', label: 2, voxel: [3, 7, 12] },
  ]);
  expect(drawn('click', 2, [[-2, 5]])).toEqual([]);
});

test('a box goes from corner to corner and is as thin as its plane', () => {
  expect(
    drawn('box', 2, [
      [5, 12],
      [4, 9],
      [2.2, 3],
    ]),
  ).toEqual([{ kind: 'box', label: 2, start: [2, 3, 7], stop: [6, 13, 8] }]);
  // Out of the volume it ends at the border; of one row it is a slip.
  expect(
    drawn('box', 1, [
      [6, 25],
      [99, 99],
    ]),
  ).toEqual([{ kind: 'box', label: 2, start: [6, 7, 25], stop: [8, 8, 30] }]);
  expect(
    drawn('box', 2, [
      [5, 3],
      [5.2, 9],
    ]),
  ).toEqual([]);
});

describe('a stroke', () => {
  test('down the slices marks its voxel on each', () => {
    const prompts = drawn('scribble', 2, [
      [1, 10],
      [4, 10],
    ]);
    expect(covered(prompts)).toEqual(['1,10,7', '2,10,7', '3,10,7', '4,10,7']);
  });

  test('along a slice is one line of it', () => {
    expect(
      drawn('scribble', 1, [
        [2, 10],
        [2, 14],
      ]),
    ).toEqual([
      {
        kind: 'scribble',
        label: 2,
        voxels: [
          [2, 7, 10],
          [2, 7, 14],
        ],
        width: 1,
      },
    ]);
  });

  test('is as wide in mm down the slices as along them', () => {
    // 5 mm: two voxels of 1 mm to either side, but no slice 3 mm away.
    const prompts = drawn('scribble', 2, [[4, 10]], 5);
    expect(covered(prompts)).toEqual([
      '4,10,7',
      '4,11,7',
      '4,12,7',
      '4,8,7',
      '4,9,7',
    ]);
    // 7 mm reach the next slice: there, 1.8 mm are left to either side.
    expect(covered(drawn('scribble', 2, [[4, 10]], 7))).toEqual(
      [
        ...[7, 8, 9, 10, 11, 12, 13].map((y) => `4,${y},7`),
        ...[9, 10, 11].flatMap((y) => [`3,${y},7`, `5,${y},7`]),
      ].sort(),
    );
  });

  test('that leaves the volume marks what is inside', () => {
    const prompts = drawn('erase', 2, [
      [6, 17],
      [6, 25],
    ]);
    expect(covered(prompts)).toEqual(['6,17,7', '6,18,7', '6,19,7']);
  });

  test('that leaves no gap when the hand is quick', () => {
    const prompts = drawn('scribble', 2, [
      [0, 0],
      [7, 19],
    ]);
    const slices = new Set(covered(prompts).map((voxel) => voxel[0]));
    expect(slices.size).toBe(8);
    expect(covered(prompts).length).toBe(20);
  });
});

describe('a lasso', () => {
  const around = [
    [1, 10],
    [1, 13],
    [3, 13],
    [3, 10],
  ] as const;
  const inside = [1, 2, 3].flatMap((z) =>
    [10, 11, 12, 13].map((x) => `${z},7,${x}`),
  );

  test('marks what it encloses, a line of voxels on each slice', () => {
    const prompts = drawn('lasso', 1, around);
    expect(prompts).toHaveLength(3);
    expect(covered(prompts)).toEqual(inside);
  });

  test('is kept within the volume, and without an inside is a slip', () => {
    const prompts = drawn('lasso', 2, [
      [-5, 18],
      [-5, 99],
      [0, 99],
      [0, 18],
    ]);
    expect(covered(prompts)).toEqual(['0,18,7', '0,19,7']);
    expect(
      drawn('lasso', 2, [
        [2, 2],
        [2.3, 2.2],
      ]),
    ).toEqual([]);
  });

  test('of the scissors is paint, but not over what is locked', () => {
    expect(painted(drawn('scissors', 1, around))).toEqual(
      inside.filter((at) => at[0] !== '3').map((at) => `${at}=2`),
    );
  });
});

describe('a brush', () => {
  test('paints what a stroke covers, one paint for each slice', () => {
    const prompts = drawn('brush', 2, [
      [4, 10],
      [6, 10],
    ]);
    expect(prompts).toHaveLength(3);
    expect(painted(prompts)).toEqual(['4,10,7=2', '5,10,7=2', '6,10,7=2']);
  });

  test('that is a ball reaches as far across the plane as along it', () => {
    const prompts = drawn('brush', 2, [[4, 10]], 5, { ball: true });
    expect(painted(prompts)).toEqual(
      [8, 9, 10, 11, 12].flatMap((y) =>
        (y === 8 || y === 12 ? [6, 7, 8] : [5, 6, 7, 8, 9]).map(
          (x) => `4,${y},${x}=2`,
        ),
      ),
    );
  });

  test('keeps to a range of values', () => {
    const prompts = drawn(
      'brush',
      1,
      [
        [5, 4],
        [5, 8],
      ],
      1,
      { range: { low: 6, high: 7 } },
    );
    expect(painted(prompts)).toEqual(['5,7,6=2', '5,7,7=2']);
  });
});

test('four outermost points lie in one plane; elsewhere they begin anew', () => {
  const tool = new ExtremePointsTool(geometry, () => 2);
  const point = (axis: 1 | 2, at: number, row: number, column: number) => {
    const mark = new PlanePoint(tool, geometry, frames[axis], at);
    mark.move(row, column);
    mark.move(0, 0);
    return mark.end();
  };
  expect(point(1, 7, 1, 10)).toEqual([]);
  expect(point(2, 7, 1, 4)).toEqual([]);
  expect(tool.draft.map(({ voxel }) => voxel)).toEqual([[1, 4, 7]]);
  point(2, 7, 3, 2);
  point(2, 7, 3, 6);
  const prompts = point(2, 7, 5, 4);
  expect(prompts).toEqual([
    {
      kind: 'extreme_points',
      label: 2,
      voxels: [
        [1, 4, 7],
        [3, 2, 7],
        [3, 6, 7],
        [5, 4, 7],
      ],
    },
  ]);
  expect(tool.draft).toEqual([]);
  const shown = burnMarks(null, prompts, 3, geometry.shape);
  expect(shown?.reduce((sum, label) => sum + (label > 0 ? 1 : 0), 0)).toBe(2);
});

test('paint is taken in any plane, marks where the engine takes them', () => {
  expect(marksInPlanes('brush', false)).toBe(true);
  expect(marksInPlanes('lasso', false)).toBe(false);
  expect(marksInPlanes('lasso', true)).toBe(true);
  expect(marksInPlanes('livewire', true)).toBe(false);
});
