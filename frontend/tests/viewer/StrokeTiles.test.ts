import { beforeEach, expect, test, vi } from 'vitest';
import { SlicePlacement } from '../../src/geometry/SlicePlacement';
import { StrokeTiles } from '../../src/viewer/StrokeTiles';
import type { Scribble } from '../../src/wire/Prompt';

/** Two CSS pixels per voxel, the first voxel's centre in the corner. */
const PLACEMENT = new SlicePlacement([0, 0], [2, 0], [0, 2]);
const SIDE = 140;

/** Where pieces were drawn: the place of their tile, and their points. */
let pieces: string[];
let shown: Set<Canvas>;
let ground: HTMLElement;

class Canvas {
  readonly style = { cssText: '' };
  width = 0;
  height = 0;
  #points: string[] = [];
  #shift = '';
  readonly context = {
    setTransform: (...m: number[]) => {
      this.#shift = `${m[4]} ${m[5]}`;
    },
    beginPath: () => {
      this.#points = [];
    },
    moveTo: () => undefined,
    lineTo: (x: number, y: number) => this.#points.push(`${x},${y}`),
    stroke: () => pieces.push(`${this.#shift}: ${this.#points.join(' ')}`),
  };
  getContext = (kind: string) => (kind === '2d' ? this.context : null);
  remove = () => shown.delete(this);
}

function scribble(...points: readonly (readonly [number, number])[]): Scribble {
  return {
    kind: 'scribble',
    label: 1,
    width: 5,
    voxels: points.map(([y, x]) => [3, y, x]),
  };
}

function longer(stroke: Scribble, y: number, x: number): Scribble {
  return { ...stroke, voxels: [...stroke.voxels, [3, y, x]] };
}

beforeEach(() => {
  pieces = [];
  shown = new Set();
  vi.stubGlobal('window', { devicePixelRatio: 1 });
  vi.stubGlobal('document', { createElement: () => new Canvas() });
  ground = {
    clientWidth: 600,
    clientHeight: 600,
    append: (canvas: Canvas) => shown.add(canvas),
  } as unknown as HTMLElement;
});

const tiles = () => new StrokeTiles(ground, () => 'red');

test('a movement draws the piece that is new, on its own tile', () => {
  const strokes = tiles();
  const begun = scribble([10, 10], [10, 30], [30, 50]);
  strokes.draw(PLACEMENT, [begun]);
  expect(pieces).toEqual(['0 0: 10,10 30,10 50,30']);
  pieces = [];
  const gone = longer(begun, 40, 100);
  strokes.draw(PLACEMENT, [gone]);
  // From the voxel before the last: that one may have grown, not been added.
  expect(pieces).toEqual([
    '0 0: 30,10 50,30 100,40',
    `${-SIDE} 0: 30,10 50,30 100,40`,
  ]);
  pieces = [];
  strokes.draw(PLACEMENT, [longer(gone, 42, 104)]);
  expect(pieces).toEqual([
    '0 0: 50,30 100,40 104,42',
    `${-SIDE} 0: 50,30 100,40 104,42`,
  ]);
});

test('the same stroke is not drawn twice', () => {
  const strokes = tiles();
  const begun = scribble([10, 10], [10, 30]);
  strokes.draw(PLACEMENT, [begun]);
  strokes.draw(PLACEMENT, [begun]);
  expect(pieces).toHaveLength(1);
});

test('another stroke, and another place, begin with nothing', () => {
  const strokes = tiles();
  const begun = scribble([10, 10], [10, 30]);
  strokes.draw(PLACEMENT, [begun]);
  strokes.draw(PLACEMENT, [scribble([80, 80])]);
  expect(pieces.at(-1)).toBe(`${-SIDE} ${-SIDE}: 80,80`);
  expect(shown.size).toBe(1);
  strokes.draw(new SlicePlacement([9, 0], [11, 0], [9, 2]), [begun]);
  expect(pieces.at(-1)).toBe('9 0: 10,10 30,10');
  expect(shown.size).toBe(1);
  strokes.clear();
  expect(shown.size).toBe(0);
});

test('what lies outside the pane has no tile', () => {
  const strokes = tiles();
  strokes.draw(PLACEMENT, [scribble([10, 10], [10, 9000])]);
  expect(shown.size).toBe(Math.ceil(600 / SIDE));
  strokes.draw(PLACEMENT, [scribble([9000, 10])]);
  expect(shown.size).toBe(0);
});

test('tiles lie on whole pixels of dense screens', () => {
  vi.stubGlobal('window', { devicePixelRatio: 1.5 });
  tiles().draw(PLACEMENT, [scribble([10, 80])]);
  const [tile] = [...shown];
  expect(tile?.width).toBe(150);
  expect(tile?.style.cssText).toContain('width: 100px');
});
