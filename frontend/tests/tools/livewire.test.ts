import { beforeEach, describe, expect, test } from 'vitest';
import type { Shape } from '../../src/geometry/frames';
import { VolumeGeometry } from '../../src/geometry/VolumeGeometry';
import { LivewireTool } from '../../src/tools/LivewireTool';
import { LiveWire } from '../../src/tools/paint/LiveWire';
import type { PaintGround } from '../../src/tools/paint/PaintGround';
import { burnMarks } from '../../src/viewer/burnMarks';

const SIDE = 100;
const CENTRE = 50;
const RADIUS = 30;

/** A bright disc in the middle; noise that is the same every time. */
const disc = (offset: number): number => {
  const y = Math.floor(offset / SIDE) - CENTRE;
  const x = (offset % SIDE) - CENTRE;
  return (Math.hypot(y, x) < RADIUS ? 100 : 0) + ((offset * 7919) % 11);
};

const ground = (
  valueAt: ((offset: number) => number) | null,
  side = SIDE,
  shown: { low: number; high: number } | null = null,
) => ({ rows: side, columns: side, valueAt, shown });

const away = ([y, x]: readonly [number, number]): number =>
  Math.hypot(y - CENTRE, x - CENTRE);

describe('a live wire', () => {
  test('follows the edge, not the straight way', () => {
    const wire = new LiveWire(ground(disc), [CENTRE - RADIUS, CENTRE]);
    const path = wire.pathTo([CENTRE, CENTRE + RADIUS]);
    expect(path[0]).toEqual([20, 50]);
    expect(path.at(-1)).toEqual([50, 80]);
    for (const place of path) {
      expect(Math.abs(away(place) - RADIUS)).toBeLessThan(1.6);
    }
    // Step by step, diagonals among them.
    path.slice(1).forEach((place, i) => {
      const before = path[i] as readonly [number, number];
      expect(Math.abs(place[0] - before[0])).toBeLessThanOrEqual(1);
      expect(Math.abs(place[1] - before[1])).toBeLessThanOrEqual(1);
    });
  });

  test('takes the same ways in whatever order they are asked', () => {
    const [one, other] = [1, 2].map(
      () => new LiveWire(ground(disc), [CENTRE - RADIUS, CENTRE]),
    ) as [LiveWire, LiveWire];
    const [near, far] = [
      [CENTRE - 20, CENTRE - 22],
      [CENTRE + RADIUS, CENTRE],
    ] as const;
    const first = [one.pathTo(near), one.pathTo(far)];
    const second = [other.pathTo(far), other.pathTo(near)].reverse();
    expect(first).toEqual(second);
  });

  test('sees the edges that the reader sees', () => {
    // A soft edge at column 30 and a hard one, of no interest, at column 40.
    const values = (offset: number): number => {
      const x = offset % SIDE;
      return x < 30 ? 0 : x < 40 ? 40 : 2000;
    };
    const column = (shown: { low: number; high: number } | null): number => {
      const wire = new LiveWire(ground(values, SIDE, shown), [10, 35]);
      return (wire.pathTo([90, 35])[40] as readonly [number, number])[1];
    };
    expect(column(null)).toBeGreaterThan(37);
    expect(column({ low: -50, high: 40 })).toBeLessThan(32);
  });

  test('is straight where nothing is to be followed', () => {
    const wire = new LiveWire(ground(null), [10, 10]);
    expect(wire.pathTo([10, 14])).toEqual(
      [10, 11, 12, 13, 14].map((x) => [10, x]),
    );
    expect(wire.pathTo([10, 10])).toEqual([[10, 10]]);
  });

  test('searches no more than its window, and goes straight on from there', () => {
    let asked = 0;
    const values = (): number => {
      asked += 1;
      return 0;
    };
    const wire = new LiveWire(ground(values, 8192), [4000, 4000]);
    const path = wire.pathTo([4000, 6000]);
    expect(asked).toBeLessThan(260 * 260);
    expect(path.slice(-2)).toEqual([
      [4000, 4128],
      [4000, 6000],
    ]);
  });
});

describe('the livewire tool', () => {
  const SHAPE: Shape = [2, SIDE, SIDE];
  const geometry = new VolumeGeometry(SHAPE, [
    [0, 0, 1, 0],
    [0, 1, 0, 0],
    [1, 0, 0, 0],
    [0, 0, 0, 1],
  ]);
  const paper: PaintGround = {
    shape: SHAPE,
    labels: () => null,
    values: () => disc,
    mayReplace: () => true,
  };
  let tool: LivewireTool;

  beforeEach(() => {
    tool = new LivewireTool(geometry, paper, {
      label: () => 2,
      range: () => null,
      shown: () => null,
    });
  });

  function click(y: number, x: number, slice = 1) {
    tool.begin([slice, y, x]);
    return tool.end();
  }

  /** Three clicks on the disc's border. */
  function around(): void {
    expect(click(CENTRE - RADIUS, CENTRE)).toEqual([]);
    click(CENTRE + 15, CENTRE + 26);
    click(CENTRE + 15, CENTRE - 26);
  }

  function filled(paints: ReturnType<LivewireTool['finish']>): number {
    const labels = burnMarks(null, paints, 1, SHAPE) as Uint8Array;
    expect([...new Set(labels)]).toEqual([0, 2]);
    return labels.reduce((sum, label) => sum + label / 2, 0);
  }

  test('fills the disc that three clicks on its border enclose', () => {
    around();
    const area = filled(tool.finish());
    const disk = Math.PI * RADIUS ** 2;
    expect(area).toBeGreaterThan(0.93 * disk);
    expect(area).toBeLessThan(1.12 * disk);
    expect(tool.draft).toEqual([]);
    expect(tool.finish()).toEqual([]);
  });

  test('clicks on one place change nothing', () => {
    around();
    const { draft } = tool;
    expect(click(CENTRE + 15, CENTRE - 26)).toEqual([]);
    expect(tool.draft).toEqual(draft);
    expect(tool.finish().length).toBe(1);
  });

  test('shows the way to the pointer, and forgets it when given up', () => {
    click(CENTRE - RADIUS, CENTRE);
    expect(tool.hover([1, CENTRE, CENTRE + RADIUS])).toBe(true);
    const [line] = tool.draft;
    expect(line).toMatchObject({ kind: 'scribble', label: 2, width: 1 });
    expect(line?.voxels.at(-1)).toEqual([1, 50, 80]);
    expect(tool.hover([0, 5, 5])).toBe(false);
    expect(tool.clear()).toBe(true);
    expect(tool.clear()).toBe(false);
    expect(tool.draft).toEqual([]);
  });

  test('a line without an inside paints nothing', () => {
    click(10, 10);
    expect(tool.finish()).toEqual([]);
    click(10, 10);
    click(10, 14, 0);
    expect(tool.draft[0]?.voxels).toEqual([[0, 10, 14]]);
  });
});
