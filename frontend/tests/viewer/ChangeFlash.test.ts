import { beforeEach, expect, test, vi } from 'vitest';
import { SlicePlacement } from '../../src/geometry/SlicePlacement';
import { ChangeFlash } from '../../src/viewer/ChangeFlash';

const COLUMNS = 4;
const EMPTY = new Uint8Array(12);
/** Two voxels of 3 × 4. */
const ANSWER = Uint8Array.of(0, 0, 0, 0, 0, 1, 1, 0, 0, 0, 0, 0);

class Fade {
  onfinish: (() => void) | null = null;
  oncancel: (() => void) | null = null;
  cancel = vi.fn(() => this.oncancel?.());
}

class Canvas {
  readonly style = { cssText: '', transform: '' };
  readonly fades: Fade[] = [];
  width = 0;
  height = 0;
  lit: number[] = [];
  getContext = (kind: string) =>
    kind === '2d'
      ? {
          createImageData: (width: number, height: number) => ({
            data: new Uint8ClampedArray(4 * width * height),
          }),
          putImageData: ({ data }: { data: Uint8ClampedArray }) => {
            this.lit = [...new Uint32Array(data.buffer)].map(Number);
          },
        }
      : null;
  setAttribute = () => undefined;
  remove = () => undefined;
  animate = () => {
    const fade = new Fade();
    this.fades.push(fade);
    return fade;
  };
}

let shown: Canvas;
let still: boolean;

beforeEach(() => {
  still = false;
  vi.stubGlobal('document', { createElement: () => new Canvas() });
  vi.stubGlobal('window', { matchMedia: () => ({ matches: still }) });
});

function flash(): ChangeFlash {
  const above = {
    before: (canvas: Canvas) => {
      shown = canvas;
    },
  };
  return new ChangeFlash(above as unknown as HTMLElement);
}

test('what an answer changed lights up where it lies', () => {
  const flashes = flash();
  flashes.show(3, EMPTY, COLUMNS, false);
  expect(shown.fades).toHaveLength(0);
  flashes.show(3, ANSWER, COLUMNS, true);
  expect(shown.fades).toHaveLength(1);
  expect([shown.width, shown.height]).toEqual([2, 1]);
  expect(shown.lit.every((pixel) => pixel !== 0)).toBe(true);
  // Two pixels a voxel; a picture begins at the corner of its first voxel.
  flashes.place(new SlicePlacement([10, 20], [12, 20], [10, 22]));
  expect(shown.style.transform).toBe(
    'matrix(2, 0, 0, 2, 9, 19) translate(1px, 1px)',
  );
});

test('a reader’s own change, and another slice, do not', () => {
  const flashes = flash();
  flashes.show(3, EMPTY, COLUMNS, false);
  flashes.show(3, ANSWER, COLUMNS, false);
  flashes.show(4, EMPTY, COLUMNS, true);
  expect(shown.fades).toHaveLength(0);
});

test('it ends with the next stroke, with another slice and with the next one', () => {
  const flashes = flash();
  flashes.show(3, EMPTY, COLUMNS, false);
  flashes.show(3, ANSWER, COLUMNS, true);
  flashes.end();
  expect(shown.fades[0]?.cancel).toHaveBeenCalledOnce();
  flashes.show(3, EMPTY, COLUMNS, true);
  flashes.show(3, ANSWER, COLUMNS, true);
  expect(shown.fades[1]?.cancel).toHaveBeenCalledOnce();
  flashes.show(4, ANSWER, COLUMNS, false);
  expect(shown.fades[2]?.cancel).toHaveBeenCalledOnce();
  // What is over is not moved any more.
  flashes.place(new SlicePlacement([10, 20], [12, 20], [10, 22]));
  expect(shown.style.transform).toBe('');
});

test('nothing flashes for those who want it still', () => {
  still = true;
  const flashes = flash();
  flashes.show(3, EMPTY, COLUMNS, false);
  flashes.show(3, ANSWER, COLUMNS, true);
  expect(shown.fades).toHaveLength(0);
});
