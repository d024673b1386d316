import { describe, expect, test } from 'vitest';
import { VolumeGeometry } from '../../src/geometry/VolumeGeometry';
import { BoxTool } from '../../src/tools/BoxTool';
import { ClickTool } from '../../src/tools/ClickTool';
import { offeredTools } from '../../src/tools/offeredTools';
import { ScribbleTool } from '../../src/tools/ScribbleTool';
import { WheelNotches } from '../../src/tools/WheelNotches';

const geometry = new VolumeGeometry(
  [3, 10, 12],
  [
    [0, 0, 1, 0],
    [0, 1, 0, 0],
    [1, 0, 0, 0],
    [0, 0, 0, 1],
  ],
);

describe('the scribble', () => {
  test('is a compact polyline of voxels', () => {
    const tool = new ScribbleTool(geometry, 2, 5);
    tool.begin([1, 2.2, 2.4]);
    tool.move([1, 2.4, 3.1]);
    tool.move([1, 1.9, 6.3]);
    tool.move([1, 5, 6.2]);
    expect(tool.end()).toEqual([
      {
        kind: 'scribble',
        label: 2,
        width: 5,
        voxels: [
          [1, 2, 2],
          [1, 2, 6],
          [1, 5, 6],
        ],
      },
    ]);
  });

  test('that leaves the volume goes on as another stroke', () => {
    const tool = new ScribbleTool(geometry, 1, 1);
    tool.begin([0, 1, 1]);
    tool.move([0, -3, 1]);
    tool.move([0, -3, 8]);
    tool.move([0, 1, 8]);
    expect(tool.end().map(({ voxels }) => voxels)).toEqual([
      [[0, 1, 1]],
      [[0, 1, 8]],
    ]);
  });

  test('outside the volume is nothing', () => {
    const tool = new ScribbleTool(geometry, 1, 1);
    tool.begin([0, -1, 4]);
    expect(tool.end()).toEqual([]);
  });

  test('longer than the server takes is several', () => {
    const tool = new ScribbleTool(geometry, 1, 1);
    tool.begin([0, 0, 0]);
    for (let i = 1; i < 20_100; i += 1) {
      tool.move([0, i % 2, i % 3]);
    }
    const strokes = tool.end();
    expect(strokes).toHaveLength(2);
    expect(strokes[1]?.voxels[0]).toEqual(strokes[0]?.voxels.at(-1));
  });
});

describe('the click', () => {
  test('is the voxel where the button went down', () => {
    const tool = new ClickTool(geometry, 1);
    tool.begin([2, 4.4, 5.6]);
    tool.move();
    expect(tool.end()).toEqual([{ kind: 'click', label: 1, voxel: [2, 4, 6] }]);
  });

  test('outside the volume is nothing', () => {
    const tool = new ClickTool(geometry, 1);
    tool.begin([2, 10.5, 5]);
    expect(tool.end()).toEqual([]);
  });
});

describe('the box', () => {
  test('holds both corners, in any order, and ends at the volume', () => {
    const tool = new BoxTool(geometry, 3);
    tool.begin([1, 7, 9]);
    tool.move([1, 2.3, -40]);
    expect(tool.end()).toEqual([
      { kind: 'box', label: 3, start: [1, 2, 0], stop: [2, 8, 10] },
    ]);
  });

  test('of a mere click is nothing', () => {
    const tool = new BoxTool(geometry, 3);
    tool.begin([1, 7, 9]);
    expect(tool.end()).toEqual([]);
  });
});

test('only what the engine takes is offered', () => {
  expect(offeredTools(['scribble', 'visit'])).toEqual([
    'scribble',
    'erase',
    'pan',
  ]);
  expect(offeredTools(['click', 'box'])).toEqual(['click', 'box', 'pan']);
});

describe('the wheel', () => {
  const pixels = (deltaY: number) => ({ deltaY, deltaMode: 0 });

  test("a mouse's notch is one slice, whatever its size", () => {
    const wheel = new WheelNotches();
    expect([100, 120, -240].map((y) => wheel.take(pixels(y)))).toEqual([
      1, 1, -1,
    ]);
    expect(wheel.take({ deltaY: 3, deltaMode: 1 })).toBe(1);
  });

  test("a touch pad's glide is summed", () => {
    const wheel = new WheelNotches();
    const taken = Array.from({ length: 12 }, () => wheel.take(pixels(10)));
    expect(taken.filter((notch) => notch === 1)).toHaveLength(2);
  });

  test('turning back does not undo what was glided before', () => {
    const wheel = new WheelNotches();
    wheel.take(pixels(40));
    wheel.take(pixels(-5));
    expect(wheel.take(pixels(40))).toBe(0);
  });
});
