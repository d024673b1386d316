import type { SlicePlacement } from '../geometry/SlicePlacement';
import { cutBox } from './cutBox';
import type { SliceValues } from './cutPlane';
import { drawGrey } from './drawGrey';
import { drawPixels } from './drawPixels';
import { pyramidLevel, shownBox } from './PicturePyramid';
import type { PlaneSource } from './PlaneCanvas';
import { paintColorFrame } from './paintFrame';
import { pixelContext } from './pixelContext';
import { THUMBNAIL } from './placeThumbnail';

/** Pictures follow the window once it has stayed for so long. */
const CALM_MS = 250;
/** No picture is larger than 2 to this power. */
const LEVELS = 16;

/** Where thumbnails are from. */
export type ThumbnailSource = Pick<
  PlaneSource,
  'geometry' | 'values' | 'window' | 'inverse'
>;

interface Thumbnail {
  readonly slice: number;
  readonly placement: SlicePlacement;
  inSight: boolean;
  /** whether it shows something else than it should, or nothing yet */
  stale: boolean;
}

/**
 * Thumbnails of slices that are in memory; nothing is fetched for them. Those
 * out of sight are not drawn, and have no pixels before they come into it.
 */
export class ThumbnailSheet {
  readonly #from: () => ThumbnailSource;
  readonly #thumbnails = new Map<HTMLCanvasElement, Thumbnail>();
  readonly #picture = document.createElement('canvas');
  readonly #sight: IntersectionObserver;
  #timer: ReturnType<typeof setTimeout> | undefined;
  #frame = 0;

  constructor(from: () => ThumbnailSource) {
    this.#from = from;
    this.#sight = new IntersectionObserver((entries) => {
      for (const { target, isIntersecting } of entries) {
        const thumbnail = this.#thumbnails.get(target as HTMLCanvasElement);
        if (thumbnail) {
          thumbnail.inSight = isIntersecting;
        }
      }
      this.#drawNext();
    });
  }

  /**
   * Let a canvas show a slice, as long as it is on the page.
   *
   * @returns a function that lets go of it
   */
  put(
    canvas: HTMLCanvasElement,
    slice: number,
    placement: SlicePlacement,
  ): () => void {
    canvas.width = 0;
    this.#thumbnails.set(canvas, {
      slice,
      placement,
      inSight: false,
      stale: true,
    });
    this.#sight.observe(canvas);
    return () => {
      this.#sight.unobserve(canvas);
      this.#thumbnails.delete(canvas);
    };
  }

  /** The window changed: not with each step of it, but when it stays. */
  lookChanged(): void {
    for (const thumbnail of this.#thumbnails.values()) {
      thumbnail.stale = true;
    }
    this.#stopWaiting();
    this.#drawSoon();
  }

  /** Slices came: for those that wait for one, some at a time. */
  slicesCame(): void {
    if (this.#waiting.length > 0) {
      this.#drawSoon();
    }
  }

  stop(): void {
    this.#stopWaiting();
    this.#sight.disconnect();
    this.#thumbnails.clear();
  }

  get #waiting(): readonly (readonly [HTMLCanvasElement, Thumbnail])[] {
    return [...this.#thumbnails].filter(
      ([, { inSight, stale }]) => inSight && stale,
    );
  }

  #drawSoon(): void {
    this.#timer ??= setTimeout(() => {
      this.#timer = undefined;
      this.#drawNext();
    }, CALM_MS);
  }

  #stopWaiting(): void {
    clearTimeout(this.#timer);
    this.#timer = undefined;
    cancelAnimationFrame(this.#frame);
  }

  /** One in a frame: the picture itself never waits for all of them. */
  #drawNext(): void {
    cancelAnimationFrame(this.#frame);
    for (const [canvas, thumbnail] of this.#waiting) {
      const values = this.#from().values(thumbnail.slice);
      if (values) {
        this.#drawSlice(canvas, thumbnail.placement, values);
        thumbnail.stale = false;
        this.#frame = requestAnimationFrame(() => this.#drawNext());
        return;
      }
    }
  }

  /** From about two voxels for each pixel of the screen, however large it is. */
  #drawSlice(
    canvas: HTMLCanvasElement,
    placement: SlicePlacement,
    slice: SliceValues,
  ): void {
    const source = this.#from();
    const ratio = window.devicePixelRatio || 1;
    const [, height, width] = source.geometry.shape;
    const step = 2 ** pyramidLevel(2 * placement.scale * ratio, LEVELS);
    const box = shownBox(placement, THUMBNAIL, { width, height }, step);
    if (!box) {
      return;
    }
    const { values, rows, columns } = cutBox(slice, width, box, step);
    const { inverse } = source;
    if (slice.channels > 1) {
      drawPixels(this.#picture, columns, rows, (pixels) =>
        paintColorFrame(values, 0, inverse, pixels),
      );
    } else {
      const levels = source.window();
      drawGrey(this.#picture, columns, rows, values, levels, inverse);
    }
    canvas.width = Math.round(THUMBNAIL.width * ratio);
    canvas.height = Math.round(THUMBNAIL.height * ratio);
    const context = pixelContext(canvas);
    // Several voxels are one pixel: all of them count.
    context.imageSmoothingQuality = 'medium';
    context.setTransform(...placement.pictureMatrix(ratio));
    context.drawImage(
      this.#picture,
      0,
      0,
      box.width / step,
      box.height / step,
      box.x,
      box.y,
      box.width,
      box.height,
    );
  }
}
