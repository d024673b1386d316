import type {
  CanvasPoint,
  Point,
  Shape,
  Voxel,
  VoxelIndex,
} from '../geometry/frames';
import type { PaneSize } from '../geometry/placePlane';
import type { SlicePlacement } from '../geometry/SlicePlacement';
import { Emitter } from '../session/Emitter';
import type { SliceValues } from './cutPlane';
import { FrameSource } from './FrameSource';
import { FrameStore } from './FrameStore';
import { LayerCanvas } from './LayerCanvas';
import { loadSeriesMetadata } from './loadSeriesMetadata';
import type { PictureBox } from './occupiedBox';
import { pixelFormat, voxelBytes } from './PixelFormat';
import { SliceCamera } from './SliceCamera';
import { SlicePicture } from './SlicePicture';
import { SlicePrefetch } from './SlicePrefetch';
import { ViewDrag } from './ViewDrag';
import type { Series, Viewer, ViewerEvents, Window } from './Viewer';

/** How much memory slices may fill. */
const MOST_BYTES = 800 * 1024 ** 2;

/**
 * Slices on a 2D canvas, without the image library: where a browser draws
 * WebGL in software or not at all, this is several times as fast, and nothing
 * but the frames has to be loaded before the first slice is seen.
 */
export class CanvasViewer implements Viewer {
  readonly events = new Emitter<ViewerEvents>();
  readonly #element: HTMLElement;
  readonly #shown: HTMLCanvasElement;
  readonly #canvas: LayerCanvas;
  readonly #picture = new SlicePicture();
  readonly #drag: ViewDrag;
  readonly #resizes: ResizeObserver;
  #size: PaneSize = { width: 0, height: 0 };
  #series: Series | null = null;
  #camera: SliceCamera | null = null;
  #frames: FrameStore | null = null;
  #prefetch: SlicePrefetch | null = null;
  #slice = -1;
  #wanted = -1;
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
    return this.#camera?.placement ?? null;
  }

  get window(): Window | null {
    return this.#picture.window;
  }

  get mmPerPixel(): number | null {
    return this.#camera?.mmPerPixel ?? null;
  }

  async showSeries(series: Series, slice: number): Promise<void> {
    const { geometry, instances, address } = series;
    const [, rows, columns] = geometry.shape;
    this.#series = series;
    this.#camera = new SliceCamera(geometry, this.#size);
    this.#picture.window = series.window;
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
    if (!this.placement) {
      return null;
    }
    const [row, column] = this.placement.indexAt(point);
    return [this.#slice, row, column];
  }

  canvasOf(index: VoxelIndex): CanvasPoint | null {
    return this.placement?.canvasOf(index[1], index[2]) ?? null;
  }

  setWindow(window: Window): void {
    if (!this.#series?.window) {
      // Colours are shown as they are.
      return;
    }
    this.#picture.window = window;
    this.#changed();
    this.events.emit('window', window);
  }

  setPanning(on: boolean): void {
    this.#drag.panning = on;
  }

  fit(): void {
    this.#camera?.fit();
    this.#schedule();
  }

  setInverse(on: boolean): void {
    this.#picture.inverse = on;
    this.#changed();
  }

  setSmooth(on: boolean): void {
    this.#picture.smooth = on;
    this.#schedule();
  }

  zoomBy(factor: number): number {
    const by = this.#camera?.zoomBy(factor) ?? 1;
    this.#schedule();
    return by;
  }

  zoomTo(box: PictureBox): void {
    this.#camera?.zoomTo(box);
    this.#schedule();
  }

  panBy(right: number, down: number): void {
    this.#camera?.panBy(right, down);
    this.#schedule();
  }

  values(slice: number): SliceValues | null {
    return this.#frames?.values(slice) ?? null;
  }

  directions(): { right: Point; down: Point } | null {
    if (!this.#camera?.placement) {
      return null;
    }
    const { right, down } = this.#camera.plane;
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
    this.#picture.clear();
    this.#shown.width = 0;
  }

  /** Another slice or other colours: the picture is painted anew. */
  #changed(): void {
    this.#stale = true;
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
    this.#camera?.resize(this.#size);
    // At once: a frame later the picture would be seen stretched.
    cancelAnimationFrame(this.#frame);
    this.#frame = 0;
    this.#draw();
  }

  #draw(): void {
    const { width, height } = this.#size;
    const camera = this.#camera;
    const wanted = this.#frames?.values(this.#wanted) ?? null;
    const values = wanted ?? this.#frames?.values(this.#slice) ?? null;
    if (!values || !camera || width === 0 || height === 0) {
      return;
    }
    const changed = wanted !== null && this.#wanted !== this.#slice;
    if (changed) {
      this.#slice = this.#wanted;
    }
    if (this.#stale || changed) {
      const [, rows, columns] = this.shape;
      const format = this.#frames?.format ?? null;
      this.#picture.paint(values, rows, columns, format);
      // A slice that is still to come makes it stale when it has come.
      this.#stale = false;
    }
    camera.show(this.#slice);
    const placement = camera.placement as SlicePlacement;
    this.#picture.draw(this.#canvas, placement, this.#size);
    if (changed) {
      this.events.emit('shown', { slice: this.#slice });
    }
    this.events.emit('drawn', null);
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
