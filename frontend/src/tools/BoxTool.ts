import type { Voxel, VoxelIndex } from '../geometry/frames';
import type { VolumeGeometry } from '../geometry/VolumeGeometry';
import type { Box } from '../wire/Prompt';
import type { PromptTool } from './PromptTool';

/** From one corner to the other, both voxels included, within the volume. */
export class BoxTool implements PromptTool {
  readonly #geometry: VolumeGeometry;
  readonly #label: number;
  #from: Voxel | null = null;
  #to: Voxel | null = null;

  constructor(geometry: VolumeGeometry, label: number) {
    this.#geometry = geometry;
    this.#label = label;
  }

  begin(index: VoxelIndex): void {
    this.#from = this.#geometry.clamp(this.#geometry.voxelOf(index));
    this.#to = null;
  }

  move(index: VoxelIndex): void {
    this.#to = this.#geometry.clamp(this.#geometry.voxelOf(index));
  }

  end(): readonly Box[] {
    return this.draft;
  }

  /** A box of a single row or column is a slip of the hand. */
  get draft(): readonly Box[] {
    const [from, to] = [this.#from, this.#to];
    if (!from || !to || from[1] === to[1] || from[2] === to[2]) {
      return [];
    }
    return [
      {
        kind: 'box',
        label: this.#label,
        start: [from[0], Math.min(from[1], to[1]), Math.min(from[2], to[2])],
        stop: [
          from[0] + 1,
          Math.max(from[1], to[1]) + 1,
          Math.max(from[2], to[2]) + 1,
        ],
      },
    ];
  }
}
