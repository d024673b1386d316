import type { Affine, Point, Shape, Voxel, VoxelIndex } from './frames';
import { invertAffine } from './invertAffine';

/** Shape and place of a volume: the one way between voxels and points. */
export class VolumeGeometry {
  readonly shape: Shape;
  readonly affine: Affine;
  readonly #inverse: Affine;

  /**
   * @param shape voxels along (z, y, x)
   * @param affine 4×4, (z, y, x, 1) → LPS (x, y, z, 1) in mm
   * @throws RangeError when the affine cannot be inverted
   */
  constructor(shape: Shape, affine: Affine) {
    this.shape = shape;
    this.affine = affine;
    this.#inverse = invertAffine(affine);
  }

  pointOf(index: VoxelIndex): Point {
    return multiply(this.affine, index);
  }

  indexOf(point: Point): VoxelIndex {
    return multiply(this.#inverse, point);
  }

  /** The voxel whose cell holds the index; its half-way faces go up. */
  voxelOf(index: VoxelIndex): Voxel {
    return [
      Math.floor(index[0] + 0.5),
      Math.floor(index[1] + 0.5),
      Math.floor(index[2] + 0.5),
    ];
  }

  contains(voxel: Voxel): boolean {
    return voxel.every((v, axis) => v >= 0 && v < (this.shape[axis] ?? 0));
  }

  /** The voxel of the volume nearest to `voxel`. */
  clamp(voxel: Voxel): Voxel {
    const [z, y, x] = voxel.map((v, axis) =>
      Math.min(Math.max(v, 0), (this.shape[axis] ?? 1) - 1),
    ) as [number, number, number];
    return [z, y, x];
  }

  /** Unit vector (LPS) in which the index of `axis` (0 z, 1 y, 2 x) grows. */
  direction(axis: 0 | 1 | 2): Point {
    const length = this.spacing(axis);
    return [
      (this.affine[0]?.[axis] ?? 0) / length,
      (this.affine[1]?.[axis] ?? 0) / length,
      (this.affine[2]?.[axis] ?? 0) / length,
    ];
  }

  /** Distance in mm between neighbours along `axis` (0 z, 1 y, 2 x). */
  spacing(axis: 0 | 1 | 2): number {
    return Math.hypot(
      this.affine[0]?.[axis] ?? 0,
      this.affine[1]?.[axis] ?? 0,
      this.affine[2]?.[axis] ?? 0,
    );
  }
}

function multiply(
  matrix: Affine,
  v: readonly [number, number, number],
): [number, number, number] {
  const row = (i: number): number => {
    const m = matrix[i] ?? [];
    return (
      (m[0] ?? 0) * v[0] + (m[1] ?? 0) * v[1] + (m[2] ?? 0) * v[2] + (m[3] ?? 0)
    );
  };
  return [row(0), row(1), row(2)];
}
