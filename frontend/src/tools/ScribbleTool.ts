import { compactPolyline } from '../geometry/compactPolyline';
import type { Voxel, VoxelIndex } from '../geometry/frames';
import type { VolumeGeometry } from '../geometry/VolumeGeometry';
import type { Scribble } from '../wire/Prompt';
import type { PromptTool } from './PromptTool';

/** The server takes no longer mark (`contract/wire.py`, POINTS_MAX). */
const MOST_VOXELS = 20_000;

/** A stroke; where it leaves the volume it ends, and begins anew inside. */
export class ScribbleTool implements PromptTool {
  readonly #geometry: VolumeGeometry;
  readonly #label: number;
  readonly #width: number;
  #strokes: Voxel[][] = [];
  #outside = true;

  constructor(geometry: VolumeGeometry, label: number, width: number) {
    this.#geometry = geometry;
    this.#label = label;
    this.#width = width;
  }

  begin(index: VoxelIndex): void {
    this.#strokes = [];
    this.#outside = true;
    this.move(index);
  }

  move(index: VoxelIndex): void {
    const voxel = this.#geometry.voxelOf(index);
    if (!this.#geometry.contains(voxel)) {
      this.#outside = true;
      return;
    }
    const last = this.#strokes.at(-1);
    if (!last || this.#outside) {
      this.#strokes.push([voxel]);
    } else if (last.length === MOST_VOXELS) {
      this.#strokes.push([last.at(-1) as Voxel, voxel]);
    } else {
      last.push(voxel);
    }
    this.#outside = false;
  }

  end(): readonly Scribble[] {
    return this.draft;
  }

  get draft(): readonly Scribble[] {
    return this.#strokes.map((stroke) => ({
      kind: 'scribble',
      label: this.#label,
      voxels: compactPolyline(stroke),
      width: this.#width,
    }));
  }
}
