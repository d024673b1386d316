import {
  cache,
  Enums,
  eventTarget,
  imageLoader,
  RenderingEngine,
  type StackViewport,
  utilities,
} from '@cornerstonejs/core';
import { wadors } from '@cornerstonejs/dicom-image-loader';
import type {
  CanvasPoint,
  Point,
  Shape,
  Voxel,
  VoxelIndex,
} from '../geometry/frames';
import { SlicePlacement } from '../geometry/SlicePlacement';
import { zoomWithin } from '../geometry/zoomWithin';
import { Emitter } from '../session/Emitter';
import type { SliceValues } from './cutPlane';
import { loadSeriesMetadata } from './loadSeriesMetadata';
import type { PictureBox } from './occupiedBox';
import { planeDeviation } from './planeDeviation';
import { SlicePrefetch } from './SlicePrefetch';
import { startCornerstone } from './startCornerstone';
import { ViewDrag } from './ViewDrag';
import type { Series, Viewer, ViewerEvents, Window } from './Viewer';

const ENGINE = 'slicewise';
const PANE = 'axial';
const PREFETCH_PRIORITY = 10;
/** How much of the cache slices ahead of the reader may fill. */
const PREFETCH_BYTES = 800 * 1024 ** 2;
/** Largest distance (voxels) between our geometry and the library's. */
const MOST_DEVIATION = 0.05;
/** How much of the pane what is zoomed to fills. */
const ZOOMED_SHARE = 0.8;

/** One stack viewport behind our interface. */
export class CornerstoneViewer implements Viewer {
  readonly events = new Emitter<ViewerEvents>();
  readonly #element: HTMLDivElement;
  readonly #engine: RenderingEngine;
  readonly #viewport: StackViewport;
  readonly #drag: ViewDrag;
  readonly #resizes: ResizeObserver;
  #series: Series | null = null;
  #imageIds: readonly string[] = [];
  #slice = -1;
  #range: VoiRange = { lower: Number.NaN, upper: Number.NaN };
  /** slices that did not come when they were asked for */
  readonly #missing = new Set<number>();
  #placement: SlicePlacement | null = null;
  #prefetch: SlicePrefetch | null = null;
  #deviationTold = false;

  constructor(pane: HTMLDivElement) {
    startCornerstone();
    const element = document.createElement('div');
    element.style.cssText = 'width: 100%; height: 100%';
    pane.append(element);
    this.#element = element;
    this.#engine = new RenderingEngine(ENGINE);
    this.#engine.enableElement({
      viewportId: PANE,
      type: Enums.ViewportType.STACK,
      element,
      defaultOptions: { background: [0, 0, 0] },
    });
    this.#viewport = this.#engine.getViewport(PANE) as StackViewport;
    this.#drag = new ViewDrag(element, this);
    element.addEventListener(Enums.Events.IMAGE_RENDERED, this.#drawn);
    element.addEventListener(Enums.Events.VOI_MODIFIED, this.#windowed);
    eventTarget.addEventListener(Enums.Events.WEBGL_CONTEXT_LOST, this.#lost);
    this.#resizes = new ResizeObserver(this.#resized);
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
    const { lower, upper } = this.#range;
    return this.#series?.window && Number.isFinite(lower)
      ? { center: (lower + upper) / 2, width: upper - lower }
      : null;
  }

  async showSeries(series: Series, slice: number): Promise<void> {
    const metadata = await loadSeriesMetadata(series);
    this.#series = series;
    this.#imageIds = series.instances.map(
      (uid) => `wadors:${series.address}/instances/${uid}/frames/1`,
    );
    this.#imageIds.forEach((imageId, k) => {
      wadors.metaDataManager.add(imageId, { ...metadata[k] } as never);
    });
    await this.#begin(slice);
    const image = this.#viewport.getCornerstoneImage();
    this.#prefetch = new SlicePrefetch(
      this.#imageIds.length,
      (k) =>
        imageLoader.loadAndCacheImage(this.#imageIds[k] as string, {
          requestType: Enums.RequestType.Prefetch,
          priority: PREFETCH_PRIORITY,
        }),
      slice,
      Math.floor(PREFETCH_BYTES / Math.max(image?.sizeInBytes ?? 1, 1)),
      (count, loaded) => this.#loaded(count, loaded),
      (failed, error) => this.#notLoaded(failed, error),
    );
  }

  gotoSlice(slice: number): void {
    const wanted = Math.min(Math.max(slice, 0), this.#imageIds.length - 1);
    if (wanted < 0 || wanted === this.#viewport.getTargetImageIdIndex()) {
      return;
    }
    this.#prefetch?.moveTo(wanted);
    this.#show(wanted);
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

  setWindow({ center, width }: Window): void {
    this.#viewport.setProperties({
      voiRange: { lower: center - width / 2, upper: center + width / 2 },
    });
    this.#viewport.render();
  }

  setPanning(on: boolean): void {
    this.#drag.panning = on;
  }

  fit(): void {
    this.#viewport.resetCamera();
    this.#viewport.render();
  }

  setInverse(on: boolean): void {
    this.#viewport.setProperties({ invert: on });
    this.#viewport.render();
  }

  setSmooth(on: boolean): void {
    this.#viewport.setProperties({
      interpolationType: on
        ? Enums.InterpolationType.LINEAR
        : Enums.InterpolationType.NEAREST,
    });
    this.#viewport.render();
  }

  zoomBy(factor: number): number {
    const zoom = this.#viewport.getZoom();
    const by = zoomWithin(factor, zoom, 1, this.#placement?.scale ?? 1);
    this.#viewport.setZoom(zoom * by);
    this.#viewport.render();
    return by;
  }

  zoomTo(box: PictureBox): void {
    const placement = this.#placement;
    if (!placement) {
      return;
    }
    const { clientWidth, clientHeight } = this.#element;
    const from = placement.canvasOf(box.y - 0.5, box.x - 0.5);
    const to = placement.canvasOf(
      box.y + box.height - 0.5,
      box.x + box.width - 0.5,
    );
    this.panBy(
      clientWidth / 2 - (from[0] + to[0]) / 2,
      clientHeight / 2 - (from[1] + to[1]) / 2,
    );
    const factor = Math.min(
      (ZOOMED_SHARE * clientWidth) / Math.abs(to[0] - from[0]),
      (ZOOMED_SHARE * clientHeight) / Math.abs(to[1] - from[1]),
    );
    const { parallelScale = 1 } = this.#viewport.getCamera();
    this.#viewport.setCamera({ parallelScale: parallelScale / factor });
    this.#viewport.render();
  }

  panBy(right: number, down: number): void {
    const at = (x: number, y: number): Point =>
      this.#viewport.canvasToWorld([x, y]);
    const [dx, dy, dz] = difference(at(0, 0), at(right, down));
    const { focalPoint, position } = this.#viewport.getCamera();
    if (focalPoint && position) {
      this.#viewport.setCamera({
        focalPoint: [
          focalPoint[0] + dx,
          focalPoint[1] + dy,
          focalPoint[2] + dz,
        ],
        position: [position[0] + dx, position[1] + dy, position[2] + dz],
      });
      this.#viewport.render();
    }
  }

  values(slice: number): SliceValues | null {
    const imageId = this.#imageIds[slice];
    const image = imageId && cache.getImage(imageId);
    if (!image) {
      return null;
    }
    const scaled = image.preScale?.scaled === true;
    const values = image.voxelManager?.getScalarData() ?? image.getPixelData();
    return {
      values,
      channels: values.length / (image.rows * image.columns),
      slope: scaled ? 1 : image.slope,
      intercept: scaled ? 0 : image.intercept,
    };
  }

  directions(): { right: Point; down: Point } | null {
    if (!this.#placement) {
      return null;
    }
    const at = (x: number, y: number): Point =>
      this.#viewport.canvasToWorld([x, y]);
    const origin = at(0, 0);
    return {
      right: difference(at(100, 0), origin),
      down: difference(at(0, 100), origin),
    };
  }

  get mmPerPixel(): number | null {
    const directions = this.directions();
    return directions && Math.hypot(...directions.right) / 100;
  }

  destroy(): void {
    this.#prefetch?.stop();
    this.#resizes.disconnect();
    this.#element.removeEventListener(Enums.Events.IMAGE_RENDERED, this.#drawn);
    this.#element.removeEventListener(
      Enums.Events.VOI_MODIFIED,
      this.#windowed,
    );
    eventTarget.removeEventListener(
      Enums.Events.WEBGL_CONTEXT_LOST,
      this.#lost,
    );
    this.#drag.destroy();
    this.#engine.destroy();
    // The library leaves what it drew on behind.
    this.#element.remove();
  }

  /** Without its first slice the library shows nothing: it begins later. */
  async #begin(slice: number): Promise<void> {
    try {
      await this.#viewport.setStack([...this.#imageIds], slice);
    } catch {
      this.#missing.add(slice);
      return;
    }
    if (this.#series?.window) {
      this.setWindow(this.#series.window);
    }
    this.#viewport.render();
  }

  #show(slice: number): void {
    this.#viewport
      .setImageIdIndex(slice)
      .catch((error: unknown) => this.#notLoaded(slice, error));
  }

  /** A slice that was asked for in vain is shown once it has come. */
  #loaded(count: number, slice: number): void {
    const total = this.#imageIds.length;
    this.events.emit('loaded', { count, total, slice });
    const waited = slice === this.#viewport.getTargetImageIdIndex();
    if (!this.#missing.delete(slice) || !waited || slice === this.#slice) {
      return;
    }
    if (this.#slice < 0) {
      void this.#begin(slice);
    } else {
      // The library believes to be there already: back, then on again.
      this.#show(this.#slice);
      this.#show(slice);
    }
  }

  /** A whole picture stays whole; one that was moved stays where it was. */
  readonly #resized = (): void => {
    const moved =
      Math.abs(this.#viewport.getZoom() - 1) > 1e-3 ||
      Math.hypot(...this.#viewport.getPan()) > 0.5;
    this.#engine.resize(true, moved);
  };

  /** The slice is the one whose picture is on the screen, not the one asked. */
  readonly #drawn = (): void => {
    const imageId = this.#viewport.getCornerstoneImage()?.imageId;
    const slice = imageId ? this.#imageIds.indexOf(imageId) : -1;
    if (slice < 0) {
      return;
    }
    const changed = slice !== this.#slice;
    this.#slice = slice;
    this.#placement = this.#place(slice);
    if (changed) {
      this.#checkPlane(slice);
      this.events.emit('shown', { slice });
    }
    this.events.emit('drawn', null);
  };

  readonly #lost = (): void => {
    this.events.emit('error', {
      code: 'viewer:webgl-lost',
      message: 'the graphics context was lost',
      extra: {},
    });
  };

  readonly #windowed = (event: Event): void => {
    const { range } = (event as CustomEvent<{ range: VoiRange }>).detail;
    // The library tells it with every slice, changed or not.
    if (
      range.lower !== this.#range.lower ||
      range.upper !== this.#range.upper
    ) {
      this.#range = { ...range };
      this.events.emit('window', {
        center: (range.lower + range.upper) / 2,
        width: range.upper - range.lower,
      });
    }
  };

  #place(slice: number): SlicePlacement | null {
    if (!this.#series) {
      return null;
    }
    const { geometry } = this.#series;
    const [, height, width] = geometry.shape;
    const canvasOf = (y: number, x: number): CanvasPoint =>
      this.#viewport.worldToCanvas([...geometry.pointOf([slice, y, x])]);
    // From corner to corner: the library's matrices are single precision.
    const origin = canvasOf(0, 0);
    const along = (end: CanvasPoint, steps: number): CanvasPoint => [
      origin[0] + (end[0] - origin[0]) / steps,
      origin[1] + (end[1] - origin[1]) / steps,
    ];
    return new SlicePlacement(
      origin,
      along(canvasOf(0, width), width),
      along(canvasOf(height, 0), height),
    );
  }

  /** A mask on the wrong voxels would look right: say so instead. */
  #checkPlane(slice: number): void {
    const data = this.#viewport.getImageData();
    if (!this.#series || !data || this.#deviationTold) {
      return;
    }
    const deviation = planeDeviation(this.#series.geometry, slice, (y, x) =>
      utilities.transformIndexToWorld(data.imageData, [x, y, 0]),
    );
    if (deviation > MOST_DEVIATION) {
      this.#deviationTold = true;
      this.events.emit('error', {
        code: 'viewer:geometry-disagrees',
        message: `Slice ${slice} is ${deviation.toFixed(2)} voxels off`,
        extra: { slice, deviation },
      });
    }
  }

  #notLoaded(slice: number, error: unknown): void {
    this.#missing.add(slice);
    this.events.emit('error', {
      code: 'viewer:slice-not-loaded',
      message: error instanceof Error ? error.message : 'the request failed',
      extra: { slice },
    });
  }
}

interface VoiRange {
  readonly lower: number;
  readonly upper: number;
}

function difference(a: Point, b: Point): Point {
  return [a[0] - b[0], a[1] - b[1], a[2] - b[2]];
}
