/** Triangles of a closed surface in the patient's frame. */
export interface Mesh {
  /** LPS mm, (x, y, z) of each corner */
  readonly points: Float32Array;
  /** unit vectors outwards, one per corner */
  readonly normals: Float32Array;
  /** three corners each, counter-clockwise seen from outside */
  readonly triangles: Uint32Array;
}
