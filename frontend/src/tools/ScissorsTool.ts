import type { VoxelIndex } from '../geometry/frames';
import { rasteriseLasso } from '../geometry/rasteriseLasso';
import type { VolumeGeometry } from '../geometry/VolumeGeometry';
import type { Lasso, Paint } from '../wire/Prompt';
import { LassoTool } from './LassoTool';
import type { PromptTool } from './PromptTool';
import { coverWith, type ValueRange } from './paint/coverWith';
import type { PaintGround } from './paint/PaintGround';
import { paintSlice } from './paint/paintSlice';

/** Fill what a line encloses with a label; label 0 cuts it out. */
export class ScissorsTool implements PromptTool {
  readonly #lasso: LassoTool;
  readonly #ground: PaintGround;
  readonly #label: number;
  readonly #range: ValueRange | null;

  constructor(
    geometry: VolumeGeometry,
    ground: PaintGround,
    label: number,
    range: ValueRange | null,
  ) {
    this.#lasso = new LassoTool(geometry, label);
    this.#ground = ground;
    this.#label = label;
    this.#range = range;
  }

  begin(index: VoxelIndex): void {
    this.#lasso.begin(index);
  }

  move(index: VoxelIndex): void {
    this.#lasso.move(index);
  }

  get draft(): readonly Lasso[] {
    return this.#lasso.draft;
  }

  end(): readonly Paint[] {
    return this.draft.flatMap(({ voxels }) => {
      const slice = voxels[0]?.[0] ?? 0;
      const { shape } = this.#ground;
      const inside = rasteriseLasso(voxels, shape);
      return (
        paintSlice(
          coverWith(this.#ground, slice, inside, this.#label, this.#range),
          slice,
          shape,
        ) ?? []
      );
    });
  }
}
