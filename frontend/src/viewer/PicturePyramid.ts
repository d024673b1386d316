import type { SlicePlacement } from '../geometry/SlicePlacement';
import type { PictureBox } from './occupiedBox';

/** Pictures up to this side are drawn as they are. */
export const LARGE_SIDE = 2048;

/**
 * A picture and smaller ones of it, each half as large as the one before.
 *
 * Of a large picture only what the pane shows is drawn, from the smallest one
 * that is still as fine as the screen: a micrograph of 8192² seen whole costs
 * as much as one of a few hundred pixels.
 */
export class PicturePyramid {
  #levels: HTMLCanvasElement[] = [];

  /** Follow what was painted on `picture`. */
  painted(picture: HTMLCanvasElement): void {
    const large = Math.max(picture.width, picture.height) > LARGE_SIDE;
    if (!large) {
      this.clear();
    }
    this.#levels[0] = picture;
    for (let level = 1; large; level += 1) {
      const from = this.#levels[level - 1] as HTMLCanvasElement;
      if (Math.max(from.width, from.height) <= LARGE_SIDE / 2) {
        this.#levels.length = level;
        break;
      }
      const to = this.#levels[level] ?? document.createElement('canvas');
      this.#levels[level] = to;
      to.width = Math.ceil(from.width / 2);
      to.height = Math.ceil(from.height / 2);
      // Whole pixels of one are quarters of the next: nothing shifts.
      to.getContext('2d', { alpha: false })?.drawImage(
        from,
        0,
        0,
        from.width / 2,
        from.height / 2,
      );
    }
  }

  /**
   * Draw what of the picture lies in the pane.
   *
   * @param smooth false: voxel by voxel, so never from a smaller picture
   */
  draw(
    context: CanvasRenderingContext2D,
    placement: SlicePlacement,
    ratio: number,
    pane: { readonly width: number; readonly height: number },
    smooth: boolean,
  ): void {
    const full = this.#levels[0];
    if (!full) {
      return;
    }
    context.imageSmoothingEnabled = smooth;
    context.setTransform(...placement.pictureMatrix(ratio));
    const level = smooth
      ? pyramidLevel(placement.scale * ratio, this.#levels.length)
      : 0;
    const picture = this.#levels[level] as HTMLCanvasElement;
    const shrink = 2 ** level;
    const box = shownBox(placement, pane, full, shrink);
    if (box) {
      context.drawImage(
        picture,
        box.x / shrink,
        box.y / shrink,
        box.width / shrink,
        box.height / shrink,
        box.x,
        box.y,
        box.width,
        box.height,
      );
    }
  }

  /** Give the smaller pictures' memory back. */
  clear(): void {
    for (const level of this.#levels.slice(1)) {
      level.width = 0;
    }
    this.#levels = [];
  }
}

/** The smallest picture that still has a pixel for every one of the screen. */
export function pyramidLevel(devicePerVoxel: number, levels: number): number {
  const level = Math.floor(Math.log2(1 / Math.max(devicePerVoxel, 1e-6)));
  return Math.min(Math.max(level, 0), levels - 1);
}

/**
 * The voxels that a pane shows, with a rim of one for smoothing, in whole
 * steps of `grain` but for the picture's end; null where it shows none.
 */
export function shownBox(
  placement: SlicePlacement,
  pane: { readonly width: number; readonly height: number },
  picture: { readonly width: number; readonly height: number },
  grain: number,
): PictureBox | null {
  const corners = [
    placement.indexAt([0, 0]),
    placement.indexAt([pane.width, 0]),
    placement.indexAt([0, pane.height]),
    placement.indexAt([pane.width, pane.height]),
  ];
  const range = (part: 0 | 1, end: number): readonly [number, number] => {
    const at = corners.map((corner) => corner[part]);
    const first = Math.floor((Math.min(...at) - 1) / grain) * grain;
    const last = Math.ceil((Math.max(...at) + 2) / grain) * grain;
    return [Math.max(first, 0), Math.min(last, end)];
  };
  const [y0, y1] = range(0, picture.height);
  const [x0, x1] = range(1, picture.width);
  return x0 < x1 && y0 < y1
    ? { x: x0, y: y0, width: x1 - x0, height: y1 - y0 }
    : null;
}
