import { compactPolyline } from '../geometry/compactPolyline';
import type { Voxel, VoxelIndex } from '../geometry/frames';
import { rasteriseLasso } from '../geometry/rasteriseLasso';
import type { VolumeGeometry } from '../geometry/VolumeGeometry';
import type { Paint, Scribble } from '../wire/Prompt';
import type { PromptTool } from './PromptTool';
import { coverWith, type ValueRange } from './paint/coverWith';
import { LiveWire } from './paint/LiveWire';
import type { PaintGround } from './paint/PaintGround';
import { paintSlice } from './paint/paintSlice';

/** What the wire needs to know when it is laid. */
export interface WireHand {
  /** the label that it fills with; 0 cuts out */
  label(): number;
  /** values that paint keeps to; null: all */
  range(): ValueRange | null;
  /** values that look different on the screen; null: all */
  shown(): ValueRange | null;
}

/**
 * A line that follows the edges from click to click; closed, it fills what it
 * encloses: `finish` closes it, back to its beginning along the edges. A click on another slice begins anew.
 */
export class LivewireTool implements PromptTool {
  readonly #geometry: VolumeGeometry;
  readonly #ground: PaintGround;
  readonly #hand: WireHand;
  /** from the first click to the last one */
  #laid: readonly Voxel[] = [];
  /** from the last click to the pointer */
  #loose: readonly Voxel[] = [];
  #wire: LiveWire | null = null;

  constructor(geometry: VolumeGeometry, ground: PaintGround, hand: WireHand) {
    this.#geometry = geometry;
    this.#ground = ground;
    this.#hand = hand;
  }

  begin(index: VoxelIndex): void {
    const voxel = this.#geometry.clamp(this.#geometry.voxelOf(index));
    if (this.#laid.at(-1)?.[0] !== voxel[0]) {
      this.clear();
    }
    this.#laid = this.#wire
      ? [...this.#laid, ...this.#pathTo(voxel).slice(1)]
      : [voxel];
    this.#loose = [];
    this.#wire = this.#wireFrom(voxel);
  }

  move(): void {}

  /** The pointer is elsewhere. @returns whether the line follows */
  hover(index: VoxelIndex): boolean {
    const voxel = this.#geometry.clamp(this.#geometry.voxelOf(index));
    if (voxel[0] !== this.#laid[0]?.[0]) {
      return false;
    }
    this.#loose = this.#pathTo(voxel);
    return true;
  }

  /** A click alone is no mark. */
  end(): readonly Paint[] {
    return [];
  }

  /** Close the line; nothing is painted where it encloses nothing. */
  finish(): readonly Paint[] {
    const [first] = this.#laid;
    if (!first) {
      return [];
    }
    const closed = compactPolyline([...this.#laid, ...this.#pathTo(first)]);
    this.clear();
    if (closed.length < 3) {
      return [];
    }
    const [slice] = first;
    const { shape } = this.#ground;
    const painted = coverWith(
      this.#ground,
      slice,
      rasteriseLasso(closed, shape),
      this.#hand.label(),
      this.#hand.range(),
    );
    const paint = paintSlice(painted, slice, shape);
    return paint ? [paint] : [];
  }

  /** Forget the line. @returns whether there was one */
  clear(): boolean {
    const any = this.#laid.length > 0;
    this.#laid = [];
    this.#loose = [];
    this.#wire = null;
    return any;
  }

  /** The line as it would be laid now. */
  get draft(): readonly Scribble[] {
    const voxels = compactPolyline([...this.#laid, ...this.#loose]);
    return voxels.length === 0
      ? []
      : [{ kind: 'scribble', label: this.#hand.label(), voxels, width: 1 }];
  }

  #pathTo([slice, row, column]: Voxel): readonly Voxel[] {
    const path = this.#wire?.pathTo([row, column]) ?? [];
    return path.map(([y, x]) => [slice, y, x]);
  }

  #wireFrom([slice, row, column]: Voxel): LiveWire {
    const [, rows, columns] = this.#ground.shape;
    return new LiveWire(
      {
        rows,
        columns,
        valueAt: this.#ground.values(slice),
        shown: this.#hand.shown(),
      },
      [row, column],
    );
  }
}
