import { drawnInSoftware } from './drawnInSoftware';

/** A canvas over the pane, as sharp as the screen. */
export class LayerCanvas {
  readonly #canvas: HTMLCanvasElement;
  readonly #opaque: boolean;
  readonly context: CanvasRenderingContext2D;

  /** @param opaque whether nothing below it is to be seen */
  constructor(canvas: HTMLCanvasElement, opaque = false) {
    const context = canvas.getContext('2d', {
      alpha: !opaque,
      // Of the picture at the bottom every frame is composed anew: it stays
      // where the browser composes.
      willReadFrequently: !opaque && drawnInSoftware(),
    });
    if (!context) {
      throw new Error('The browser gave no 2D canvas');
    }
    this.#canvas = canvas;
    this.#opaque = opaque;
    this.context = context;
  }

  /** Empty it, fitted to the pane. @returns device pixels per CSS pixel */
  clear(): number {
    const ratio = window.devicePixelRatio || 1;
    const width = Math.round(this.#canvas.clientWidth * ratio);
    const height = Math.round(this.#canvas.clientHeight * ratio);
    this.context.setTransform(1, 0, 0, 1, 0, 0);
    if (this.#canvas.width !== width || this.#canvas.height !== height) {
      this.#canvas.width = width;
      this.#canvas.height = height;
    } else if (this.#opaque) {
      // As a whole: of what is painted over in part, the browser keeps a copy.
      this.context.fillRect(0, 0, width, height);
    } else {
      // In two parts: where clearing the whole canvas is all that a frame
      // does, Chromium 156 keeps showing the old picture.
      this.context.clearRect(0, 0, width, height - 1);
      this.context.clearRect(0, height - 1, width, 1);
    }
    return ratio;
  }
}
