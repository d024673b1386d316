import type { Point } from '../geometry/frames';
import {
  fitScale,
  type ObliqueCamera,
  type ObliquePlane,
  placeGrid,
} from '../geometry/ObliquePlane';
import { SlicePlacement } from '../geometry/SlicePlacement';
import { zoomWithin } from '../geometry/zoomWithin';
import { sampleLabels, sampleValues } from './cutOblique';
import { drawGrey } from './drawGrey';
import { LayerCanvas } from './LayerCanvas';
import { MaskLayer } from './MaskLayer';
import type { PlaneSource } from './PlaneCanvas';

/** So many samples at most: what a drag can follow without a graphics card. */
const MOST_SAMPLES = 160_000;

/** A plane that lies anyhow in the volume, with its mask, on 2D canvases. */
export class ObliqueCanvas {
  readonly #source: PlaneSource;
  readonly #element: HTMLCanvasElement;
  readonly #canvas: LayerCanvas;
  readonly #mask: MaskLayer;
  readonly #picture = document.createElement('canvas');
  readonly #told: (camera: ObliqueCamera) => void;
  #where: { centre: Point; plane: ObliquePlane } | null = null;
  #camera: ObliqueCamera | null = null;
  /** whether the reader has moved or zoomed it */
  #moved = false;
  #frame = 0;

  /** @param told called with what the pane shows, whenever it was drawn */
  constructor(
    source: PlaneSource,
    picture: HTMLCanvasElement,
    mask: HTMLCanvasElement,
    told: (camera: ObliqueCamera) => void,
  ) {
    this.#source = source;
    this.#element = picture;
    this.#canvas = new LayerCanvas(picture);
    this.#mask = new MaskLayer(mask);
    this.#told = told;
  }

  /** @param centre point (LPS mm) that the plane is turned about */
  moveTo(centre: Point, plane: ObliquePlane): void {
    this.#where = { centre, plane };
    this.changed();
  }

  /** Values, labels or their look changed. */
  changed(): void {
    if (this.#frame === 0) {
      this.#frame = requestAnimationFrame(() => {
        this.#frame = 0;
        this.#draw();
      });
    }
  }

  fit(): void {
    this.#camera = null;
    this.#moved = false;
    this.changed();
  }

  /** @returns the factor that it came nearer by: there are bounds */
  zoomBy(factor: number): number {
    if (!this.#camera) {
      return 1;
    }
    const { geometry } = this.#source;
    const { scale, right, down } = this.#camera;
    const voxel = scale * Math.min(geometry.spacing(1), geometry.spacing(2));
    const fitted = fitScale(geometry, this.#size);
    const by = zoomWithin(factor, scale, fitted, voxel);
    this.#camera = { scale: scale * by, right: right * by, down: down * by };
    this.#moved = true;
    this.changed();
    return by;
  }

  /** A whole picture stays whole; one that was moved stays as near. */
  resized(): void {
    if (this.#moved) {
      this.changed();
    } else {
      this.fit();
    }
  }

  panBy(right: number, down: number): void {
    if (this.#camera) {
      this.#camera = {
        scale: this.#camera.scale,
        right: this.#camera.right + right,
        down: this.#camera.down + down,
      };
      this.#moved = true;
      this.changed();
    }
  }

  destroy(): void {
    cancelAnimationFrame(this.#frame);
  }

  get #size(): { readonly width: number; readonly height: number } {
    return {
      width: this.#element.clientWidth,
      height: this.#element.clientHeight,
    };
  }

  #draw(): void {
    const size = this.#size;
    if (!this.#where || size.width === 0 || size.height === 0) {
      return;
    }
    const { geometry } = this.#source;
    this.#camera ??= { scale: fitScale(geometry, size), right: 0, down: 0 };
    const step = Math.ceil(
      Math.sqrt(Math.max((size.width * size.height) / MOST_SAMPLES, 1)),
    );
    const { centre, plane } = this.#where;
    const grid = placeGrid(geometry, centre, plane, size, this.#camera, step);
    const values = sampleValues(geometry.shape, grid, (z) =>
      this.#source.values(z),
    );
    drawGrey(
      this.#picture,
      grid.columns,
      grid.rows,
      values,
      this.#source.window(),
      this.#source.inverse,
    );
    const middle = step / 2;
    const placement = new SlicePlacement(
      [middle, middle],
      [middle + step, middle],
      [middle, middle + step],
    );
    const ratio = this.#canvas.clear();
    const { context } = this.#canvas;
    context.imageSmoothingEnabled = this.#source.smooth;
    context.setTransform(...placement.pictureMatrix(ratio));
    context.drawImage(this.#picture, 0, 0);
    this.#mask.setLabels(
      sampleLabels(geometry.shape, grid, (z) => this.#source.labels(z)),
      grid.columns,
    );
    this.#mask.setStyle(this.#source.style());
    this.#mask.draw(placement);
    this.#told(this.#camera);
  }
}
