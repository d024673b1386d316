import { drawnInSoftware } from './drawnInSoftware';

/** Part of the pane, CSS pixels from its upper left corner. */
export interface PaneBox {
  readonly left: number;
  readonly top: number;
  readonly right: number;
  readonly bottom: number;
}

/** Device pixels; what grows a little needs no other canvas each time. */
const STEP = 64;

/**
 * A canvas over the part of the pane that something is drawn on, as sharp as the
 * screen. Whatever the browser composes, it composes every pixel of a canvas,
 * empty ones as well.
 */
export class PatchCanvas {
  readonly #canvas: HTMLCanvasElement;
  readonly context: CanvasRenderingContext2D;
  #left = 0;
  #top = 0;

  constructor(canvas: HTMLCanvasElement) {
    const context = canvas.getContext('2d', {
      willReadFrequently: drawnInSoftware(),
    });
    if (!context) {
      throw new Error('The browser gave no 2D canvas');
    }
    this.#canvas = canvas;
    this.context = context;
    this.hide();
  }

  hide(): void {
    this.#show('hidden');
  }

  /**
   * Empty it, over `box` as far as that lies in the pane.
   *
   * @returns device pixels per CSS pixel, or null where no part is in the pane
   */
  lay(box: PaneBox): number | null {
    const pane = this.#canvas.parentElement as HTMLElement;
    const ratio = window.devicePixelRatio || 1;
    const [width, height] = [pane.clientWidth, pane.clientHeight].map((v) =>
      Math.round(v * ratio),
    ) as [number, number];
    const [left, right] = steps(box.left * ratio, box.right * ratio, width);
    const [top, bottom] = steps(box.top * ratio, box.bottom * ratio, height);
    if (left >= right || top >= bottom) {
      this.hide();
      return null;
    }
    this.#left = left;
    this.#top = top;
    this.#fit(right - left, bottom - top, ratio);
    this.#show('visible');
    return ratio;
  }

  /** Draw in what `matrix` maps to the pane's device pixels. */
  transform([a, b, c, d, e, f]: readonly [
    number,
    number,
    number,
    number,
    number,
    number,
  ]): void {
    this.context.setTransform(a, b, c, d, e - this.#left, f - this.#top);
  }

  #fit(width: number, height: number, ratio: number): void {
    const { style } = this.#canvas;
    style.left = `${this.#left / ratio}px`;
    style.top = `${this.#top / ratio}px`;
    this.context.setTransform(1, 0, 0, 1, 0, 0);
    if (this.#canvas.width !== width || this.#canvas.height !== height) {
      this.#canvas.width = width;
      this.#canvas.height = height;
      style.width = `${width / ratio}px`;
      style.height = `${height / ratio}px`;
    } else {
      // In two parts: where clearing the whole canvas is all that a frame
      // does, Chromium 156 keeps showing the old picture.
      this.context.clearRect(0, 0, width, height - 1);
      this.context.clearRect(0, height - 1, width, 1);
    }
  }

  #show(visibility: 'visible' | 'hidden'): void {
    if (this.#canvas.style.visibility !== visibility) {
      this.#canvas.style.visibility = visibility;
    }
  }
}

/** From and until in whole steps, within `most`. */
function steps(from: number, until: number, most: number): [number, number] {
  return [
    Math.max(Math.floor(from / STEP) * STEP, 0),
    Math.min(Math.ceil(until / STEP) * STEP, most),
  ];
}
