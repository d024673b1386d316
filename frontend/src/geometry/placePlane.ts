import type { CanvasPoint, VoxelIndex } from './frames';
import { dot, type PlaneFrame } from './PlaneFrame';
import { SlicePlacement } from './SlicePlacement';
import type { VolumeGeometry } from './VolumeGeometry';

/** What of a plane is in the middle of the pane, and how large it is. */
export interface PlaneCamera {
  /** indices along the plane's rows and columns axes */
  readonly row: number;
  readonly column: number;
  /** CSS pixels per mm */
  readonly scale: number;
}

export interface PaneSize {
  readonly width: number;
  readonly height: number;
}

/** The index of the volume at a place of the plane whose fixed index is `at`. */
export function indexInPlane(
  frame: PlaneFrame,
  at: number,
  row: number,
  column: number,
): VoxelIndex {
  const index: [number, number, number] = [0, 0, 0];
  index[frame.axis] = at;
  index[frame.rows] = row;
  index[frame.columns] = column;
  return index;
}

/** Where a plane lies in a pane (CSS pixels), lengths as they are in mm. */
export function placePlane(
  geometry: VolumeGeometry,
  frame: PlaneFrame,
  at: number,
  pane: PaneSize,
  camera: PlaneCamera,
): SlicePlacement {
  const centre = geometry.pointOf(
    indexInPlane(frame, at, camera.row, camera.column),
  );
  const canvasOf = (row: number, column: number): CanvasPoint => {
    const point = geometry.pointOf(indexInPlane(frame, at, row, column));
    const away = [
      point[0] - centre[0],
      point[1] - centre[1],
      point[2] - centre[2],
    ] as const;
    return [
      pane.width / 2 + camera.scale * dot(frame.right, away),
      pane.height / 2 + camera.scale * dot(frame.down, away),
    ];
  };
  return new SlicePlacement(canvasOf(0, 0), canvasOf(0, 1), canvasOf(1, 0));
}

/** The whole plane as large as the pane holds. */
export function fitPlane(
  geometry: VolumeGeometry,
  frame: PlaneFrame,
  pane: PaneSize,
): PlaneCamera {
  const [rows, columns] = [
    geometry.shape[frame.rows],
    geometry.shape[frame.columns],
  ];
  const unscaled = placePlane(
    geometry,
    frame,
    0,
    { width: 0, height: 0 },
    { row: (rows - 1) / 2, column: (columns - 1) / 2, scale: 1 },
  );
  const corners = [
    unscaled.canvasOf(-0.5, -0.5),
    unscaled.canvasOf(-0.5, columns - 0.5),
  ];
  // Symmetric about the middle: two corners tell the extent in mm.
  const width = 2 * Math.max(...corners.map(([x]) => Math.abs(x)));
  const height = 2 * Math.max(...corners.map(([, y]) => Math.abs(y)));
  return {
    row: (rows - 1) / 2,
    column: (columns - 1) / 2,
    scale: Math.min(pane.width / width, pane.height / height),
  };
}
