import type { PaneSize } from '../geometry/placePlane';
import type { SlicePlacement } from '../geometry/SlicePlacement';
import type { SliceValues } from './cutPlane';
import type { LayerCanvas } from './LayerCanvas';
import { LARGE_SIDE, PicturePyramid } from './PicturePyramid';
import type { PixelFormat } from './PixelFormat';
import {
  type GreyTable,
  greyTable,
  paintColorFrame,
  paintGreyFrame,
} from './paintFrame';
import type { Window } from './Viewer';

/** Rows painted at once: a large picture needs no second one in memory. */
const STRIP_ROWS = 512;

/** A slice in grey levels or colours, one pixel per voxel. */
export class SlicePicture {
  readonly #canvas = document.createElement('canvas');
  readonly #pyramid = new PicturePyramid();
  #strip: ImageData | null = null;
  #window: Window | null = null;
  #inverse = false;
  #table: GreyTable | null = null;
  smooth = true;

  /** null for colours, which are shown as they are */
  get window(): Window | null {
    return this.#window;
  }

  set window(window: Window | null) {
    this.#window = window;
    this.#table = null;
  }

  set inverse(on: boolean) {
    this.#inverse = on;
    this.#table = null;
  }

  /** @param format how its grey levels are stored; null: as they are */
  paint(
    values: SliceValues,
    rows: number,
    columns: number,
    format: PixelFormat | null,
  ): void {
    const context = this.#canvas.getContext('2d', {
      alpha: false,
      // In the page's own memory: it is painted as often as it is shown. A large
      // picture is painted once and shown from smaller ones.
      willReadFrequently: Math.max(rows, columns) <= LARGE_SIDE,
    });
    if (!context) {
      throw new Error('The browser gave no 2D canvas');
    }
    if (
      this.#canvas.width !== columns ||
      this.#canvas.height !== rows ||
      !this.#strip
    ) {
      this.#canvas.width = columns;
      this.#canvas.height = rows;
      this.#strip = context.createImageData(
        columns,
        Math.min(rows, STRIP_ROWS),
      );
    }
    const pixels = new Uint32Array(this.#strip.data.buffer);
    for (let row = 0; row < rows; row += STRIP_ROWS) {
      const some = pixels.subarray(
        0,
        Math.min(rows - row, STRIP_ROWS) * columns,
      );
      if (values.channels > 1) {
        paintColorFrame(values.values, row * columns, this.#inverse, some);
      } else {
        paintGreyFrame(values.values, row * columns, this.#grey(format), some);
      }
      context.putImageData(this.#strip, 0, row);
    }
    this.#pyramid.painted(this.#canvas);
  }

  /** Draw what was painted where it lies in the pane. */
  draw(canvas: LayerCanvas, placement: SlicePlacement, pane: PaneSize): void {
    const ratio = canvas.clear();
    this.#pyramid.draw(canvas.context, placement, ratio, pane, this.smooth);
  }

  clear(): void {
    // A canvas is held until it is collected; its pixels need not be.
    this.#pyramid.clear();
    this.#canvas.width = 0;
  }

  #grey(format: PixelFormat | null): GreyTable {
    this.#table ??= greyTable(
      { slope: format?.slope ?? 1, intercept: format?.intercept ?? 0 },
      format?.signed ?? false,
      this.#window ?? { center: 0, width: 1 },
      this.#inverse,
    );
    return this.#table;
  }
}
