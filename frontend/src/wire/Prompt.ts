import type { PackedRegion } from './PackedRegion';

type Voxel = readonly [z: number, y: number, x: number];

export interface Click {
  readonly kind: 'click';
  readonly label: number;
  readonly voxel: Voxel;
}

/** A polyline in one slice; `width` is the full stroke in in-plane voxels. */
export interface Scribble {
  readonly kind: 'scribble';
  readonly label: number;
  readonly voxels: readonly Voxel[];
  readonly width: number;
}

/** Half open. */
export interface Box {
  readonly kind: 'box';
  readonly label: number;
  readonly start: Voxel;
  readonly stop: Voxel;
}

export interface ExtremePoints {
  readonly kind: 'extreme_points';
  readonly label: number;
  readonly voxels: readonly [Voxel, Voxel, Voxel, Voxel];
}

/** A closed polygon in one slice. */
export interface Lasso {
  readonly kind: 'lasso';
  readonly label: number;
  readonly voxels: readonly Voxel[];
}

export interface Paint {
  readonly kind: 'paint';
  readonly region: PackedRegion;
  readonly where: PackedRegion;
  /** made from the slices around it, and seen to by nobody yet */
  readonly origin?: 'interpolation';
}

export interface Propagate {
  readonly kind: 'propagate';
  readonly slice: number;
  readonly direction: 1 | -1 | 0;
  readonly count: number | null;
}

export interface Accept {
  readonly kind: 'accept';
  readonly slice: number;
}

export interface Visit {
  readonly kind: 'visit';
  readonly slice: number;
}

/** What a person asks of the engine; see `contract/prompts`. */
export type Prompt =
  | Click
  | Scribble
  | Box
  | ExtremePoints
  | Lasso
  | Paint
  | Propagate
  | Accept
  | Visit;
