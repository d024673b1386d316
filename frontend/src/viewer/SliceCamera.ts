import type { Point } from '../geometry/frames';
import { dot, type PlaneFrame } from '../geometry/PlaneFrame';
import {
  fitPlane,
  type PaneSize,
  type PlaneCamera,
  placePlane,
} from '../geometry/placePlane';
import type { SlicePlacement } from '../geometry/SlicePlacement';
import type { VolumeGeometry } from '../geometry/VolumeGeometry';
import { zoomWithin } from '../geometry/zoomWithin';
import type { PictureBox } from './occupiedBox';

/** How much of the pane what is zoomed to fills. */
const ZOOMED_SHARE = 0.8;

/**
 * Where the slices of a series lie in a pane: whole, or as the reader has moved
 * them. They lie as they are stored, columns to the right and rows down.
 */
export class SliceCamera {
  readonly plane: PlaneFrame;
  readonly #geometry: VolumeGeometry;
  #size: PaneSize;
  #slice = -1;
  /** null shows the whole slice */
  #moved: PlaneCamera | null = null;
  #placement: SlicePlacement | null = null;

  constructor(geometry: VolumeGeometry, size: PaneSize) {
    this.plane = storedFrame(geometry);
    this.#geometry = geometry;
    this.#size = size;
  }

  /** null before there is anything to place */
  get placement(): SlicePlacement | null {
    return this.#placement;
  }

  get mmPerPixel(): number | null {
    return this.#placement && 1 / this.#view.scale;
  }

  show(slice: number): void {
    this.#slice = slice;
    this.#place();
  }

  resize(size: PaneSize): void {
    this.#size = size;
    this.#place();
  }

  fit(): void {
    this.#move(null);
  }

  /** @returns the factor that it came nearer by */
  zoomBy(factor: number): number {
    if (!this.#placement) {
      return 1;
    }
    const view = this.#view;
    const by = zoomWithin(
      factor,
      view.scale,
      this.#whole.scale,
      this.#placement.scale,
    );
    this.#move({ ...view, scale: view.scale * by });
    return by;
  }

  zoomTo({ x, y, width, height }: PictureBox): void {
    const placement = this.#placement;
    if (!placement) {
      return;
    }
    const from = placement.canvasOf(y - 0.5, x - 0.5);
    const to = placement.canvasOf(y + height - 0.5, x + width - 0.5);
    const factor = Math.min(
      (ZOOMED_SHARE * this.#size.width) / Math.abs(to[0] - from[0]),
      (ZOOMED_SHARE * this.#size.height) / Math.abs(to[1] - from[1]),
    );
    this.#move({
      row: y + (height - 1) / 2,
      column: x + (width - 1) / 2,
      scale: this.#view.scale * factor,
    });
  }

  panBy(right: number, down: number): void {
    if (this.#placement) {
      const { width, height } = this.#size;
      const [row, column] = this.#placement.indexAt([
        width / 2 - right,
        height / 2 - down,
      ]);
      this.#move({ row, column, scale: this.#view.scale });
    }
  }

  get #view(): PlaneCamera {
    return this.#moved ?? this.#whole;
  }

  get #whole(): PlaneCamera {
    return fitPlane(this.#geometry, this.plane, this.#size);
  }

  #move(camera: PlaneCamera | null): void {
    this.#moved = camera;
    this.#place();
  }

  #place(): void {
    if (this.#slice >= 0 && this.#size.width > 0) {
      this.#placement = placePlane(
        this.#geometry,
        this.plane,
        this.#slice,
        this.#size,
        this.#view,
      );
    }
  }
}

/** Slices as they are stored: columns to the right, rows down. */
function storedFrame(geometry: VolumeGeometry): PlaneFrame {
  const right = geometry.direction(2);
  const tilted = geometry.direction(1);
  const share = dot(tilted, right);
  const straight: Point = [
    tilted[0] - share * right[0],
    tilted[1] - share * right[1],
    tilted[2] - share * right[2],
  ];
  const length = Math.hypot(...straight);
  return {
    axis: 0,
    name: 'axial',
    rows: 1,
    columns: 2,
    right,
    down: [straight[0] / length, straight[1] / length, straight[2] / length],
  };
}
