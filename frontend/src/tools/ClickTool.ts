import type { VoxelIndex } from '../geometry/frames';
import type { VolumeGeometry } from '../geometry/VolumeGeometry';
import type { Click } from '../wire/Prompt';
import type { PromptTool } from './PromptTool';

/** One voxel: where the button went down. */
export class ClickTool implements PromptTool {
  readonly #geometry: VolumeGeometry;
  readonly #label: number;
  #clicks: readonly Click[] = [];

  constructor(geometry: VolumeGeometry, label: number) {
    this.#geometry = geometry;
    this.#label = label;
  }

  begin(index: VoxelIndex): void {
    const voxel = this.#geometry.voxelOf(index);
    this.#clicks = this.#geometry.contains(voxel)
      ? [{ kind: 'click', label: this.#label, voxel }]
      : [];
  }

  move(): void {}

  end(): readonly Click[] {
    return this.#clicks;
  }

  get draft(): readonly Click[] {
    return this.#clicks;
  }
}
