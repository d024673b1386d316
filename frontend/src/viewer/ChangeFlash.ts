import type { SlicePlacement } from '../geometry/SlicePlacement';
import { changedVoxels } from './changedVoxels';
import { occupiedBox, type PictureBox } from './occupiedBox';
import { pixelContext } from './pixelContext';

const FLASH_MS = 450;
const BRIGHTEST = 0.4;
/** Each is composed anew, where there is no card on the page's own processor. */
const STEPS = 6;
/** Larger slices are not compared: it would take longer than the flash helps. */
const MOST_VOXELS = 4 * 1024 ** 2;
/** White, little endian: alpha, blue, green, red. */
const WHITE = 0xffffffff;

/**
 * What an answer changed on the slice in view lights up once, and fades. It is
 * an element of its own that the browser fades without the page: neither mask
 * nor marks are drawn again meanwhile, when the next stroke may well begin.
 */
export class ChangeFlash {
  readonly #picture = document.createElement('canvas');
  readonly #still = window.matchMedia('(prefers-reduced-motion: reduce)');
  #slice = -1;
  #before: Uint8Array | null = null;
  #box: PictureBox | null = null;
  #fading: Animation | null = null;

  /** @param above the layer that it lies below */
  constructor(above: HTMLElement) {
    this.#picture.setAttribute('aria-hidden', 'true');
    this.#picture.style.cssText =
      'position: absolute; top: 0; left: 0; transform-origin: 0 0; ' +
      'image-rendering: pixelated; pointer-events: none; visibility: hidden';
    above.before(this.#picture);
  }

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
      this.#begin();
    } else if (!same) {
      this.end();
    }
    this.#slice = slice;
    this.#before = labels?.slice() ?? null;
  }

  /** Nothing more of it is seen. */
  end(): void {
    this.#fading?.cancel();
  }

  /** It lies where its slice does. */
  place(placement: SlicePlacement | null): void {
    if (!placement || !this.#box || !this.#fading) {
      return;
    }
    const matrix = placement.pictureMatrix(1).join(', ');
    const { x, y } = this.#box;
    this.#picture.style.transform = `matrix(${matrix}) translate(${x}px, ${y}px)`;
  }

  destroy(): void {
    this.end();
    this.#picture.remove();
  }

  #begin(): void {
    this.end();
    if (!this.#box) {
      return;
    }
    const fading = this.#picture.animate(
      { opacity: [BRIGHTEST, 0], visibility: ['visible', 'visible'] },
      { duration: FLASH_MS, easing: `steps(${STEPS})` },
    );
    this.#fading = fading;
    const over = (): void => {
      if (this.#fading === fading) {
        this.#fading = null;
      }
    };
    fading.onfinish = over;
    fading.oncancel = over;
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
