import type { SlicePlacement } from '../geometry/SlicePlacement';
import { changedVoxels } from './changedVoxels';
import { occupiedBox, type PictureBox } from './occupiedBox';
import { pixelContext } from './pixelContext';

const FLASH_MS = 450;
const BRIGHTEST = 0.4;
/** Larger slices are not compared: it would take longer than the flash helps. */
const MOST_VOXELS = 4 * 1024 ** 2;
/** White, little endian: alpha, blue, green, red. */
const WHITE = 0xffffffff;

/** What an answer changed on the slice in view lights up once, and fades. */
export class ChangeFlash {
  readonly #picture = document.createElement('canvas');
  readonly #still = window.matchMedia('(prefers-reduced-motion: reduce)');
  #slice = -1;
  #before: Uint8Array | null = null;
  #box: PictureBox | null = null;
  #beganMs = Number.NEGATIVE_INFINITY;

  /**
   * These labels are shown from now on.
   *
   * @param answered whether an answer made them what they are
   */
  show(
    slice: number,
    labels: Uint8Array | null,
    columns: number,
    answered: boolean,
  ): void {
    if ((labels?.length ?? 0) > MOST_VOXELS || this.#still.matches) {
      return;
    }
    const same = slice === this.#slice;
    const changed =
      same && answered ? changedVoxels(this.#before, labels) : null;
    if (changed) {
      this.#paint(changed, columns);
      this.#beganMs = performance.now();
    } else if (!same) {
      this.#box = null;
    }
    this.#slice = slice;
    this.#before = labels?.slice() ?? null;
  }

  /** Draw it as bright as it is by now. @returns whether it goes on */
  draw(
    context: CanvasRenderingContext2D,
    placement: SlicePlacement,
    ratio: number,
  ): boolean {
    const share = 1 - (performance.now() - this.#beganMs) / FLASH_MS;
    if (!this.#box || share <= 0) {
      return false;
    }
    context.save();
    context.imageSmoothingEnabled = false;
    context.globalAlpha = BRIGHTEST * share;
    context.setTransform(...placement.pictureMatrix(ratio));
    context.drawImage(this.#picture, this.#box.x, this.#box.y);
    context.restore();
    return true;
  }

  #paint(changed: Uint8Array, columns: number): void {
    this.#box = occupiedBox(changed, columns);
    if (!this.#box) {
      return;
    }
    const context = pixelContext(this.#picture);
    const { x, y, width, height } = this.#box;
    this.#picture.width = width;
    this.#picture.height = height;
    const image = context.createImageData(width, height);
    const pixels = new Uint32Array(image.data.buffer);
    for (let row = 0; row < height; row += 1) {
      for (let column = 0; column < width; column += 1) {
        if (changed[(y + row) * columns + x + column]) {
          pixels[row * width + column] = WHITE;
        }
      }
    }
    context.putImageData(image, 0, 0);
  }
}
