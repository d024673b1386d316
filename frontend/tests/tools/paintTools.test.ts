import { describe, expect, test } from 'vitest';
import type { Shape } from '../../src/geometry/frames';
import { VolumeGeometry } from '../../src/geometry/VolumeGeometry';
import { BrushTool } from '../../src/tools/BrushTool';
import { ExtremePointsTool } from '../../src/tools/ExtremePointsTool';
import { LassoTool } from '../../src/tools/LassoTool';
import type { PaintGround } from '../../src/tools/paint/PaintGround';
import { ScissorsTool } from '../../src/tools/ScissorsTool';
import { burnMarks } from '../../src/viewer/burnMarks';
import type { Prompt } from '../../src/wire/Prompt';

const SHAPE: Shape = [5, 6, 8];
const geometry = new VolumeGeometry(SHAPE, [
  [0, 0, 1, 0],
  [0, 1, 0, 0],
  [2, 0, 0, 0],
  [0, 0, 0, 1],
]);

/** Slice 1 has label 2 in its right half; values grow along x. */
function ground(over: Partial<PaintGround> = {}): PaintGround {
  const labels = Uint8Array.from({ length: 48 }, (_, i) => (i % 8 > 3 ? 2 : 0));
  return {
    shape: SHAPE,
    labels: (slice) => (slice === 1 ? labels : null),
    values: () => (offset) => 10 * (offset % 8),
    mayReplace: () => true,
    ...over,
  };
}

/** The slice as it looks with the prompts in it. */
function picture(prompts: readonly Prompt[], slice = 1): string[] {
  const labels = burnMarks(ground().labels(slice), prompts, slice, SHAPE);
  return Array.from({ length: 6 }, (_, y) =>
    [...(labels ?? new Uint8Array(48)).subarray(y * 8, y * 8 + 8)].join(''),
  );
}

function stroke(tool: BrushTool | ScissorsTool | LassoTool): typeof tool {
  tool.begin([1, 1, 1]);
  tool.move([1, 1, 6]);
  tool.move([1, 4, 6]);
  tool.move([1, 4, 1]);
  return tool;
}

const plain = { width: 1, ball: false, range: null };

describe('the brush', () => {
  test('paints its stroke over everything', () => {
    const painted = stroke(new BrushTool(geometry, ground(), 1, plain)).end();
    expect(painted.map(({ kind }) => kind)).toEqual(['paint']);
    expect(picture(painted)).toEqual([
      '00002222',
      '01111112',
      '00002212',
      '00002212',
      '01111112',
      '00002222',
    ]);
  });

  test('leaves locked labels as they are', () => {
    const locked = ground({ mayReplace: (label) => label !== 2 });
    const tool = stroke(new BrushTool(geometry, locked, 1, plain));
    expect(picture(tool.end())[1]).toBe('01112222');
  });

  test('keeps to its range of values', () => {
    const range = { low: 20, high: 40 };
    const brush = new BrushTool(geometry, ground(), 1, { ...plain, range });
    expect(picture(stroke(brush).end())[1]).toBe('00111222');
    const blind = ground({ values: () => null });
    const none = new BrushTool(geometry, blind, 1, { ...plain, range });
    expect(stroke(none).end()).toEqual([]);
  });

  test('of background takes away', () => {
    const tool = stroke(new BrushTool(geometry, ground(), 0, plain));
    expect(picture(tool.end())[1]).toBe('00000002');
  });

  test('as a ball is narrower on the slices beside, by millimetres', () => {
    const ball = { width: 5, ball: true, range: null };
    const tool = new BrushTool(geometry, ground(), 1, ball);
    tool.begin([1, 3, 3]);
    const painted = tool.end();
    expect(painted.map(({ region }) => region.start[0])).toEqual([1, 0, 2]);
    // 5 wide in its middle; at 2 mm above, a radius of 1.5 is left of 2.5.
    expect(picture(painted, 1)[3]).toBe('01111122');
    expect(picture(painted, 2)[3]).toBe('00111000');
  });
});

describe('scissors', () => {
  test('fill what the line encloses, or cut it out', () => {
    const fill = stroke(new ScissorsTool(geometry, ground(), 1, null));
    expect(picture(fill.end())[2]).toBe('01111112');
    const cut = stroke(new ScissorsTool(geometry, ground(), 0, null));
    expect(picture(cut.end())[2]).toBe('00000002');
  });
});

describe('the lasso', () => {
  test('is a compact closed line', () => {
    expect(stroke(new LassoTool(geometry, 3)).end()).toEqual([
      {
        kind: 'lasso',
        label: 3,
        voxels: [
          [1, 1, 1],
          [1, 1, 6],
          [1, 4, 6],
          [1, 4, 1],
        ],
      },
    ]);
  });

  test('without an inside is no mark', () => {
    const tool = new LassoTool(geometry, 1);
    tool.begin([1, 1, 1]);
    tool.move([1, 1, 5]);
    expect(tool.end()).toEqual([]);
  });
});

describe('outermost points', () => {
  const click = (tool: ExtremePointsTool, z: number, x: number) => {
    tool.begin([z, 2, x]);
    return tool.end();
  };

  test('are one prompt, after the fourth', () => {
    let label = 1;
    const tool = new ExtremePointsTool(geometry, () => label);
    expect([1, 2, 3].flatMap((x) => click(tool, 1, x))).toEqual([]);
    expect(tool.draft.length).toBe(3);
    label = 2;
    expect(click(tool, 1, 4)).toMatchObject([
      { kind: 'extreme_points', label: 2, voxels: { length: 4 } },
    ]);
    expect(tool.draft).toEqual([]);
  });

  test('begin anew on another slice, and are given up', () => {
    const tool = new ExtremePointsTool(geometry, () => 1);
    click(tool, 1, 1);
    click(tool, 2, 1);
    expect(tool.draft.map(({ voxel }) => voxel[0])).toEqual([2]);
    expect(tool.clear()).toBe(true);
    expect(tool.clear()).toBe(false);
  });
});
