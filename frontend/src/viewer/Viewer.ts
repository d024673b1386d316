import type { CanvasPoint, Shape, Voxel, VoxelIndex } from '../geometry/frames';
import type { SlicePlacement } from '../geometry/SlicePlacement';
import type { VolumeGeometry } from '../geometry/VolumeGeometry';
import type { Emitter } from '../session/Emitter';
import type { WireError } from '../wire/WireError';
import type { SliceValues } from './cutPlane';
import type { PictureBox } from './occupiedBox';

/** Grey values from black to white: `center ± width / 2`. */
export interface Window {
  readonly center: number;
  readonly width: number;
}

/** What a viewer needs to know of a series. */
export interface Series {
  readonly geometry: VolumeGeometry;
  /** SOP instance UIDs; the k-th shows slice k of the volume */
  readonly instances: readonly string[];
  /** WADO-RS address of the series: its metadata and frames lie below */
  readonly address: string;
  /** null shows the values as they are (RGB) */
  readonly window: Window | null;
}

export interface ViewerEvents {
  /** another slice is on the screen */
  shown: { readonly slice: number };
  /** the picture was drawn: everything above it must follow now */
  drawn: null;
  window: Window;
  /** slices in memory, of all, and the one that has just come */
  loaded: {
    readonly count: number;
    readonly total: number;
    readonly slice: number;
  };
  error: WireError;
}

/** All that the rest of the page knows of the image library. */
export interface Viewer {
  readonly events: Emitter<ViewerEvents>;
  /** the slice on the screen, -1 before the first */
  readonly slice: number;
  readonly shape: Shape;
  /** where the slice lies in the pane; null before the first */
  readonly placement: SlicePlacement | null;
  showSeries(series: Series, slice: number): Promise<void>;
  gotoSlice(slice: number): void;
  gotoVoxel(voxel: Voxel): void;
  /** ask again, now, for the slices that did not come */
  retry(): void;
  /** the index under a point of the pane; null before the first slice */
  indexAt(point: CanvasPoint): VoxelIndex | null;
  /** the point of the pane at an index, in the plane on the screen */
  canvasOf(index: VoxelIndex): CanvasPoint | null;
  setWindow(window: Window): void;
  /** whether dragging with the primary button moves the picture */
  setPanning(on: boolean): void;
  fit(): void;
  /** black for white and white for black */
  setInverse(on: boolean): void;
  /** whether voxels blend into each other, or are seen one by one */
  setSmooth(on: boolean): void;
  /**
   * Come nearer (factor above 1) to what is in the middle.
   *
   * @returns the factor that it came nearer by: there are bounds
   */
  zoomBy(factor: number): number;
  /** show a box of voxels of the slice as large as the pane holds */
  zoomTo(box: PictureBox): void;
  /** move the picture by CSS pixels */
  panBy(right: number, down: number): void;
  /** the values of a slice; null until it has come */
  values(slice: number): SliceValues | null;
  /** screen directions right and down, as LPS vectors */
  directions(): {
    readonly right: readonly [number, number, number];
    readonly down: readonly [number, number, number];
  } | null;
  /** mm per CSS pixel */
  readonly mmPerPixel: number | null;
  destroy(): void;
}
