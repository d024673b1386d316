import type { Voxel, VoxelIndex } from '../geometry/frames';
import type { Axis } from '../geometry/PlaneFrame';
import type { VolumeGeometry } from '../geometry/VolumeGeometry';
import type { Click, ExtremePoints } from '../wire/Prompt';
import type { PromptTool } from './PromptTool';

const POINTS = 4;

/**
 * The outermost voxels of something in one plane: four clicks, of which the
 * first three are only kept. A click in another plane begins anew.
 */
export class ExtremePointsTool implements PromptTool {
  readonly #geometry: VolumeGeometry;
  readonly #label: () => number;
  readonly #changed: () => void;
  #voxels: readonly Voxel[] = [];
  /** the axis across which the points lie */
  #axis: Axis = 0;

  /**
   * @param label asked for when the last point is there
   * @param changed called when there are more points, or none any more
   */
  constructor(
    geometry: VolumeGeometry,
    label: () => number,
    changed: () => void = () => undefined,
  ) {
    this.#geometry = geometry;
    this.#label = label;
    this.#changed = changed;
  }

  begin(index: VoxelIndex): void {
    this.place(this.#geometry.voxelOf(index), 0);
  }

  /** The next point, in the plane across `axis` that it lies in. */
  place(voxel: Voxel, axis: Axis): void {
    if (this.#geometry.contains(voxel)) {
      const here = this.#voxels.filter(
        (other) => axis === this.#axis && other[axis] === voxel[axis],
      );
      this.#axis = axis;
      this.#voxels = [...here, voxel];
      this.#changed();
    }
  }

  move(): void {}

  end(): readonly ExtremePoints[] {
    const [a, b, c, d] = this.#voxels;
    if (this.#voxels.length < POINTS || !a || !b || !c || !d) {
      return [];
    }
    this.clear();
    return [
      { kind: 'extreme_points', label: this.#label(), voxels: [a, b, c, d] },
    ];
  }

  /** Forget the points placed so far. @returns whether there were any */
  clear(): boolean {
    const any = this.#voxels.length > 0;
    this.#voxels = [];
    if (any) {
      this.#changed();
    }
    return any;
  }

  get draft(): readonly Click[] {
    const label = this.#label();
    return this.#voxels.map((voxel) => ({ kind: 'click', label, voxel }));
  }
}
