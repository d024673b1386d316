/**
 * The frames of the viewer, one word each.
 *
 * A **voxel** is an integer index `[z, y, x]` whose integer is the voxel's
 * centre; an **index** is the same frame with fractions; a **point** is LPS
 * millimetres `[x, y, z]`; a **canvas point** is CSS pixels `[x, y]` from the
 * top left corner of the pane, where pixel `c` covers `[c, c + 1)`.
 */
export type Voxel = readonly [z: number, y: number, x: number];
export type VoxelIndex = readonly [z: number, y: number, x: number];
export type Point = readonly [x: number, y: number, z: number];
export type CanvasPoint = readonly [x: number, y: number];
export type Shape = readonly [z: number, y: number, x: number];

/** Rows of a 4×4 matrix that maps `(z, y, x, 1)` to `(x, y, z, 1)` in mm. */
export type Affine = readonly (readonly number[])[];
