import type {
  CanvasPoint,
  Point,
  Shape,
  Voxel,
  VoxelIndex,
} from '../geometry/frames';
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
import { Emitter } from '../session/Emitter';
import type { SliceValues } from './cutPlane';
import { FrameSource } from './FrameSource';
import { FrameStore } from './FrameStore';
import { LayerCanvas } from './LayerCanvas';
import { loadSeriesMetadata } from './loadSeriesMetadata';
import type { PictureBox } from './occupiedBox';
import { LARGE_SIDE, PicturePyramid } from './PicturePyramid';
import { pixelFormat, voxelBytes } from './PixelFormat';
import {
  type GreyTable,
  greyTable,
  paintColorFrame,
  paintGreyFrame,
} from './paintFrame';
import { SlicePrefetch } from './SlicePrefetch';
import { ViewDrag } from './ViewDrag';
import type { Series, Viewer, ViewerEvents, Window } from './Viewer';

/** How much memory slices may fill. */
const MOST_BYTES = 800 * 1024 ** 2;
/** How much of the pane what is zoomed to fills. */
const ZOOMED_SHARE = 0.8;
/** Rows painted at once: a large picture needs no second one in memory. */
const STRIP_ROWS = 512;

/**
 * Slices on a 2D canvas, without the image library: where a browser draws
 * WebGL in software or not at all, this is several times as fast, and nothing
 * but the frames has to be loaded before the first slice is seen.
 *
 * The slice lies as it is stored, columns to the right and rows down, as the
 * library shows it.
 */
export class CanvasViewer implements Viewer {
  readonly events = new Emitter<ViewerEvents>();
  readonly #element: HTMLElement;
  readonly #shown: HTMLCanvasElement;
  readonly #canvas: LayerCanvas;
  /** the slice, one pixel per voxel */
  readonly #picture = document.createElement('canvas');
  readonly #pyramid = new PicturePyramid();
  readonly #drag: ViewDrag;
  readonly #resizes: ResizeObserver;
  #strip: ImageData | null = null;
  #size: PaneSize = { width: 0, height: 0 };
  #series: Series | null = null;
  #plane: PlaneFrame | null = null;
  #frames: FrameStore | null = null;
  #prefetch: SlicePrefetch | null = null;
  #slice = -1;
  #wanted = -1;
  /** null shows the whole slice */
  #camera: PlaneCamera | null = null;
  #placement: SlicePlacement | null = null;
  #window: Window | null = null;
  #table: GreyTable | null = null;
  #inverse = false;
  #smooth = true;
  #stale = true;
  #gone = false;
  #frame = 0;

  constructor(element: HTMLElement) {
    this.#element = element;
    this.#shown = document.createElement('canvas');
    this.#shown.style.cssText = 'display: block; width: 100%; height: 100%';
    element.append(this.#shown);
    this.#canvas = new LayerCanvas(this.#shown, true);
    this.#drag = new ViewDrag(element, this);
    this.#resizes = new ResizeObserver(() => this.#resized());
    this.#resizes.observe(element);
  }

  get slice(): number {
    return this.#slice;
  }

  get shape(): Shape {
    return this.#series?.geometry.shape ?? [0, 0, 0];
  }

  get placement(): SlicePlacement | null {
    return this.#placement;
  }

  get window(): Window | null {
    return this.#window;
  }

  get mmPerPixel(): number | null {
    return this.#placement && 1 / this.#view.scale;
  }

  async showSeries(series: Series, slice: number): Promise<void> {
    const { geometry, instances, address } = series;
    const [, rows, columns] = geometry.shape;
    this.#series = series;
    this.#plane = storedFrame(geometry);
    this.#window = series.window;
    this.#wanted = slice;
    const addresses = {
      count: instances.length,
      frame: (k: number) => `${address}/instances/${instances[k]}/frames/1`,
      slices: (k: number, last: number) => `${address}/slices/${k}-${last}`,
    };
    const frames = new FrameStore(
      new FrameSource(addresses, rows * columns),
      rows * columns,
      MOST_BYTES,
      (k) => this.#prefetch?.forget(k),
    );
    this.#frames = frames;
    frames.centre = slice;
    const [metadata] = await Promise.all([
      loadSeriesMetadata(series),
      // One that does not come is asked for again with all the others.
      frames.load(slice).catch(() => undefined),
    ]);
    if (this.#gone) {
      return;
    }
    const format = pixelFormat(metadata[0] ?? {});
    frames.format = format;
    if (series.window) {
      this.events.emit('window', series.window);
    }
    this.#draw();
    this.#prefetch = new SlicePrefetch(
      instances.length,
      (k) => frames.load(k),
      slice,
      Math.floor(MOST_BYTES / (rows * columns * voxelBytes(format))),
      (count, loaded) => this.#loaded(count, loaded),
      (failed, error) => this.#notLoaded(failed, error),
    );
  }

  gotoSlice(slice: number): void {
    const count = this.#series?.instances.length ?? 0;
    const wanted = Math.min(Math.max(slice, 0), count - 1);
    if (wanted < 0 || wanted === this.#wanted || !this.#frames) {
      return;
    }
    this.#wanted = wanted;
    this.#frames.centre = wanted;
    this.#prefetch?.moveTo(wanted);
    this.#changed();
  }

  gotoVoxel(voxel: Voxel): void {
    this.gotoSlice(voxel[0]);
  }

  retry(): void {
    this.#prefetch?.hurry();
  }

  indexAt(point: CanvasPoint): VoxelIndex | null {
    if (!this.#placement) {
      return null;
    }
    const [row, column] = this.#placement.indexAt(point);
    return [this.#slice, row, column];
  }

  canvasOf(index: VoxelIndex): CanvasPoint | null {
    return this.#placement?.canvasOf(index[1], index[2]) ?? null;
  }

  setWindow(window: Window): void {
    if (!this.#series?.window) {
      // Colours are shown as they are.
      return;
    }
    this.#window = window;
    this.#table = null;
    this.#changed();
    this.events.emit('window', window);
  }

  setPanning(on: boolean): void {
    this.#drag.panning = on;
  }

  fit(): void {
    this.#camera = null;
    this.#moved();
  }

  setInverse(on: boolean): void {
    this.#inverse = on;
    this.#table = null;
    this.#changed();
  }

  setSmooth(on: boolean): void {
    this.#smooth = on;
    this.#moved();
  }

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
    this.#camera = { ...view, scale: view.scale * by };
    this.#moved();
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
    this.#camera = {
      row: y + (height - 1) / 2,
      column: x + (width - 1) / 2,
      scale: this.#view.scale * factor,
    };
    this.#moved();
  }

  panBy(right: number, down: number): void {
    const placement = this.#placement;
    if (placement) {
      const { width, height } = this.#size;
      const [row, column] = placement.indexAt([
        width / 2 - right,
        height / 2 - down,
      ]);
      this.#camera = { row, column, scale: this.#view.scale };
      this.#moved();
    }
  }

  values(slice: number): SliceValues | null {
    return this.#frames?.values(slice) ?? null;
  }

  directions(): { right: Point; down: Point } | null {
    if (!this.#placement || !this.#plane) {
      return null;
    }
    const { right, down } = this.#plane;
    return { right, down };
  }

  destroy(): void {
    this.#gone = true;
    cancelAnimationFrame(this.#frame);
    this.#prefetch?.stop();
    this.#frames?.close();
    this.#resizes.disconnect();
    this.#drag.destroy();
    this.#shown.remove();
    // A canvas is held until it is collected; its pixels need not be.
    this.#pyramid.clear();
    this.#picture.width = 0;
    this.#shown.width = 0;
  }

  /** The camera, or the one that shows the whole slice. */
  get #view(): PlaneCamera {
    return this.#camera ?? this.#whole;
  }

  get #whole(): PlaneCamera {
    return fitPlane(
      (this.#series as Series).geometry,
      this.#plane as PlaneFrame,
      this.#size,
    );
  }

  /** Another slice or other colours: the picture is painted anew. */
  #changed(): void {
    this.#stale = true;
    this.#schedule();
  }

  /** Only where it lies, or how it is scaled, changed; known at once. */
  #moved(): void {
    this.#place();
    this.#schedule();
  }

  #schedule(): void {
    if (this.#frame === 0) {
      this.#frame = requestAnimationFrame(() => {
        this.#frame = 0;
        this.#draw();
      });
    }
  }

  #resized(): void {
    const { clientWidth: width, clientHeight: height } = this.#element;
    this.#size = { width, height };
    // At once: a frame later the picture would be seen stretched.
    cancelAnimationFrame(this.#frame);
    this.#frame = 0;
    this.#draw();
  }

  #place(): void {
    if (
      this.#series &&
      this.#plane &&
      this.#slice >= 0 &&
      this.#size.width > 0
    ) {
      this.#placement = placePlane(
        this.#series.geometry,
        this.#plane,
        this.#slice,
        this.#size,
        this.#view,
      );
    }
  }

  #draw(): void {
    const { width, height } = this.#size;
    const wanted = this.#frames?.values(this.#wanted) ?? null;
    const values = wanted ?? this.#frames?.values(this.#slice) ?? null;
    if (!values || width === 0 || height === 0) {
      return;
    }
    const changed = wanted !== null && this.#wanted !== this.#slice;
    if (changed) {
      this.#slice = this.#wanted;
    }
    if (this.#stale || changed) {
      this.#paint(values);
      this.#pyramid.painted(this.#picture);
      // A slice that is still to come makes it stale when it has come.
      this.#stale = false;
    }
    this.#place();
    const ratio = this.#canvas.clear();
    const { context } = this.#canvas;
    this.#pyramid.draw(
      context,
      this.#placement as SlicePlacement,
      ratio,
      this.#size,
      this.#smooth,
    );
    if (changed) {
      this.events.emit('shown', { slice: this.#slice });
    }
    this.events.emit('drawn', null);
  }

  #paint(values: SliceValues): void {
    const [, rows, columns] = this.shape;
    const context = this.#picture.getContext('2d', {
      alpha: false,
      // In the page's own memory: it is painted as often as it is shown. A large
      // picture is painted once and shown from smaller ones.
      willReadFrequently: Math.max(rows, columns) <= LARGE_SIDE,
    });
    if (!context) {
      throw new Error('The browser gave no 2D canvas');
    }
    if (
      this.#picture.width !== columns ||
      this.#picture.height !== rows ||
      !this.#strip
    ) {
      this.#picture.width = columns;
      this.#picture.height = rows;
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
        paintGreyFrame(values.values, row * columns, this.#grey, some);
      }
      context.putImageData(this.#strip, 0, row);
    }
  }

  get #grey(): GreyTable {
    const format = this.#frames?.format;
    this.#table ??= greyTable(
      { slope: format?.slope ?? 1, intercept: format?.intercept ?? 0 },
      format?.signed ?? false,
      this.#window ?? { center: 0, width: 1 },
      this.#inverse,
    );
    return this.#table;
  }

  #loaded(count: number, slice: number): void {
    this.events.emit('loaded', { count, total: this.shape[0], slice });
    if (slice === this.#wanted && slice !== this.#slice) {
      this.#changed();
    }
  }

  #notLoaded(slice: number, error: unknown): void {
    this.events.emit('error', {
      code: 'viewer:slice-not-loaded',
      message: error instanceof Error ? error.message : 'the request failed',
      extra: { slice },
    });
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
