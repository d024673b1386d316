import type { VoxelIndex } from '../geometry/frames';
import { rasteriseScribble } from '../geometry/rasteriseScribble';
import type { VolumeGeometry } from '../geometry/VolumeGeometry';
import type { Paint, Scribble } from '../wire/Prompt';
import type { PromptTool } from './PromptTool';
import { coverWith, type ValueRange } from './paint/coverWith';
import type { PaintGround } from './paint/PaintGround';
import { paintSlice } from './paint/paintSlice';
import { ScribbleTool } from './ScribbleTool';

export interface BrushShape {
  /** in-plane voxels */
  readonly width: number;
  /** whether it reaches into the slices above and below */
  readonly ball: boolean;
  /** values that it keeps to; null: all */
  readonly range: ValueRange | null;
}

/** A stroke that is the mask itself: label 0 takes away. */
export class BrushTool implements PromptTool {
  readonly #stroke: ScribbleTool;
  readonly #geometry: VolumeGeometry;
  readonly #ground: PaintGround;
  readonly #label: number;
  readonly #shape: BrushShape;

  constructor(
    geometry: VolumeGeometry,
    ground: PaintGround,
    label: number,
    shape: BrushShape,
  ) {
    this.#stroke = new ScribbleTool(geometry, label, shape.width);
    this.#geometry = geometry;
    this.#ground = ground;
    this.#label = label;
    this.#shape = shape;
  }

  begin(index: VoxelIndex): void {
    this.#stroke.begin(index);
  }

  move(index: VoxelIndex): void {
    this.#stroke.move(index);
  }

  get draft(): readonly Scribble[] {
    return this.#stroke.draft;
  }

  end(): readonly Paint[] {
    const slice = this.draft[0]?.voxels[0]?.[0];
    if (slice === undefined) {
      return [];
    }
    return this.#slices(slice).flatMap(({ z, width }) => {
      const offsets = new Set<number>();
      for (const { voxels } of this.draft) {
        for (const offset of rasteriseScribble(
          voxels,
          width,
          this.#ground.shape,
        )) {
          offsets.add(offset);
        }
      }
      const { range } = this.#shape;
      return (
        paintSlice(
          coverWith(this.#ground, z, offsets, this.#label, range),
          z,
          this.#ground.shape,
        ) ?? []
      );
    });
  }

  /** Slices that the brush reaches, and how wide it is on each. */
  #slices(middle: number): readonly { z: number; width: number }[] {
    const { width, ball } = this.#shape;
    const found = [{ z: middle, width }];
    const inPlane = (this.#geometry.spacing(1) + this.#geometry.spacing(2)) / 2;
    const step = this.#geometry.spacing(0) / inPlane;
    for (let away = 1; ball && away * step <= width / 2; away += 1) {
      const left = 2 * Math.sqrt((width / 2) ** 2 - (away * step) ** 2);
      for (const z of [middle - away, middle + away]) {
        if (z >= 0 && z < this.#ground.shape[0]) {
          found.push({ z, width: left });
        }
      }
    }
    return found;
  }
}
