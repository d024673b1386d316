import { compactPolyline } from '../geometry/compactPolyline';
import type { Voxel, VoxelIndex } from '../geometry/frames';
import type { VolumeGeometry } from '../geometry/VolumeGeometry';
import type { Lasso } from '../wire/Prompt';
import type { PromptTool } from './PromptTool';

/** The server takes no longer mark (`contract/wire.py`, POINTS_MAX). */
const MOST_VOXELS = 20_000;

/** A closed line around something, kept within the volume. */
export class LassoTool implements PromptTool {
  readonly #geometry: VolumeGeometry;
  readonly #label: number;
  #voxels: Voxel[] = [];

  constructor(geometry: VolumeGeometry, label: number) {
    this.#geometry = geometry;
    this.#label = label;
  }

  begin(index: VoxelIndex): void {
    this.#voxels = [];
    this.move(index);
  }

  move(index: VoxelIndex): void {
    const voxel = this.#geometry.clamp(this.#geometry.voxelOf(index));
    const last = this.#voxels.at(-1);
    if (
      this.#voxels.length < MOST_VOXELS &&
      (last?.[1] !== voxel[1] || last[2] !== voxel[2])
    ) {
      this.#voxels.push(voxel);
    }
  }

  end(): readonly Lasso[] {
    return this.draft;
  }

  /** A line without an inside is a slip of the hand. */
  get draft(): readonly Lasso[] {
    const voxels = compactPolyline(this.#voxels);
    return voxels.length < 3
      ? []
      : [{ kind: 'lasso', label: this.#label, voxels }];
  }
}
