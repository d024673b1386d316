/**
 * A half-open region of labels as it travels.
 *
 * `data` is base64 of zlib of `planes` bit planes, lowest bit first; a plane
 * holds one bit per voxel of the C-ordered region, most significant bit first,
 * filled up to a whole byte.
 */
export interface PackedRegion {
  readonly start: readonly [z: number, y: number, x: number];
  readonly stop: readonly [z: number, y: number, x: number];
  readonly planes: number;
  readonly data: string;
}
