import { describe, expect, test } from 'vitest';
import type { Shape } from '../../src/geometry/frames';
import { VolumeGeometry } from '../../src/geometry/VolumeGeometry';
import { cutBox } from '../../src/viewer/cutBox';
import type { SliceValues } from '../../src/viewer/cutPlane';
import { placeThumbnail, THUMBNAIL } from '../../src/viewer/placeThumbnail';
import type { Prompt } from '../../src/wire/Prompt';

const volume = (shape: Shape, dy = 1, dx = 1): VolumeGeometry =>
  new VolumeGeometry(shape, [
    [0, 0, dx, 0],
    [0, dy, 0, 0],
    [5, 0, 0, 0],
    [0, 0, 0, 1],
  ]);
const click = (y: number, x: number, slice = 0): Prompt => ({
  kind: 'click',
  label: 1,
  voxel: [slice, y, x],
});
const { width, height } = THUMBNAIL;

/** Sides of what is seen, in voxels from the corner of the first one. */
function seen(
  geometry: VolumeGeometry,
  ...marks: Prompt[]
): { x: number[]; y: number[] } {
  const placement = placeThumbnail(geometry, 0, marks);
  const [y0, x0] = placement?.indexAt([0, 0]) ?? [];
  const [y1, x1] = placement?.indexAt([width, height]) ?? [];
  // One zero, whichever side it was come to from.
  const round = (v = Number.NaN): number =>
    Math.round((v + 0.5) * 1e6) / 1e6 + 0;
  return { x: [round(x0), round(x1)], y: [round(y0), round(y1)] };
}

describe('a thumbnail', () => {
  test('of a small mark shows some voxels around it', () => {
    const across = (96 * width) / height;
    expect(seen(volume([1, 512, 512]), click(200, 300))).toEqual({
      x: [300.5 - across / 2, 300.5 + across / 2].map(
        (v) => Math.round(v * 1e6) / 1e6,
      ),
      y: [200.5 - 48, 200.5 + 48],
    });
  });

  test('of large marks holds all of them, with room', () => {
    const box: Prompt = {
      kind: 'box',
      label: 1,
      start: [0, 300, 200],
      stop: [1, 321, 600],
    };
    const { x, y } = seen(volume([1, 1000, 1000]), box);
    expect(x).toEqual([100, 700]);
    expect((y[0] ?? 0) + (y[1] ?? 0)).toBeCloseTo(621);
  });

  test('near the edge stays on the slice', () => {
    const { x, y } = seen(volume([1, 512, 512]), click(0, 511));
    expect([y[0], y[1], x[1]]).toEqual([0, 96, 512]);
  });

  test('of a slice that is smaller shows all of it, in the middle', () => {
    const { x, y } = seen(volume([1, 40, 30]), click(3, 4));
    expect(y).toEqual([0, 40]);
    expect((x[0] ?? 0) + (x[1] ?? 0)).toBeCloseTo(30);
    // A narrow one fills the height alone.
    const narrow = seen(volume([1, 400, 30]), click(200, 4));
    expect(narrow.y).toEqual([152.5, 248.5]);
    expect((narrow.x[0] ?? 0) + (narrow.x[1] ?? 0)).toBeCloseTo(30);
  });

  test('keeps lengths as they are in mm', () => {
    const placement = placeThumbnail(volume([1, 512, 512], 2, 0.5), 0, [
      click(256, 256),
    ]);
    const [a, b, c, d] = placement?.matrix ?? [];
    expect([b, c]).toEqual([0, 0]);
    expect((d ?? 0) / (a ?? 1)).toBeCloseTo(4);
    // The finer spacing counts: 96 voxels along it.
    expect(height / (a ?? 1)).toBeCloseTo(96);
  });

  test('is of the marks of its slice alone', () => {
    const geometry = volume([2, 512, 512]);
    expect(seen(geometry, click(100, 100), click(400, 400, 1))).toEqual(
      seen(geometry, click(100, 100)),
    );
    expect(placeThumbnail(geometry, 1, [click(1, 1)])).toBeNull();
    expect(
      placeThumbnail(geometry, 0, [{ kind: 'accept', slice: 0 }]),
    ).toBeNull();
  });
});

describe('the values in a box of a slice', () => {
  /** Each voxel's value is its offset. */
  const slice = (count: number, channels = 1): SliceValues => ({
    values: Array.from({ length: count * channels }, (_, i) => i),
    channels,
    slope: 2,
    intercept: -1,
  });

  test('are in the unit of the modality', () => {
    expect(
      cutBox(slice(30), 6, { x: 1, y: 2, width: 2, height: 2 }, 1),
    ).toEqual({
      values: Float32Array.of(25, 27, 37, 39),
      rows: 2,
      columns: 2,
    });
  });

  test('are of one voxel for many where fewer are wanted', () => {
    const { values, rows, columns } = cutBox(
      { ...slice(30), slope: 1, intercept: 0 },
      6,
      { x: 0, y: 0, width: 5, height: 5 },
      4,
    );
    expect([rows, columns]).toEqual([2, 2]);
    // The last of a row stands for less.
    expect([...values]).toEqual([2 * 6 + 2, 2 * 6 + 4, 4 * 6 + 2, 4 * 6 + 4]);
  });

  test.each([3, 4])('are colours, of %i channels', (channels) => {
    const { values } = cutBox(
      { ...slice(4, channels), slope: 1, intercept: 0 },
      2,
      { x: 1, y: 0, width: 1, height: 2 },
      1,
    );
    expect([...values]).toEqual(
      [1, 3].flatMap((voxel) => [0, 1, 2].map((c) => voxel * channels + c)),
    );
  });
});
