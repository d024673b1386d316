import type { Voxel, VoxelIndex } from '../geometry/frames';
import type { VolumeGeometry } from '../geometry/VolumeGeometry';
import type { Click, ExtremePoints } from '../wire/Prompt';
import type { PromptTool } from './PromptTool';

const POINTS = 4;

/**
 * The outermost voxels of something on one slice: four clicks, of which the
 * first three are only kept. A click on another slice begins anew.
 */
export class ExtremePointsTool implements PromptTool {
  readonly #geometry: VolumeGeometry;
  readonly #label: () => number;
  #voxels: readonly Voxel[] = [];

  /** @param label asked for when the last point is there */
  constructor(geometry: VolumeGeometry, label: () => number) {
    this.#geometry = geometry;
    this.#label = label;
  }

  begin(index: VoxelIndex): void {
    const voxel = this.#geometry.voxelOf(index);
    if (this.#geometry.contains(voxel)) {
      const here = this.#voxels.filter(([z]) => z === voxel[0]);
      this.#voxels = [...here, voxel];
    }
  }

  move(): void {}

  end(): readonly ExtremePoints[] {
    const [a, b, c, d] = this.#voxels;
    if (this.#voxels.length < POINTS || !a || !b || !c || !d) {
      return [];
    }
    this.#voxels = [];
    return [
      { kind: 'extreme_points', label: this.#label(), voxels: [a, b, c, d] },
    ];
  }

  /** Forget the points placed so far. @returns whether there were any */
  clear(): boolean {
    const any = this.#voxels.length > 0;
    this.#voxels = [];
    return any;
  }

  get draft(): readonly Click[] {
    const label = this.#label();
    return this.#voxels.map((voxel) => ({ kind: 'click', label, voxel }));
  }
}
