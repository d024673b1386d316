import type { PlaneFrame } from '../geometry/PlaneFrame';
import { indexInPlane } from '../geometry/placePlane';
import type { VolumeGeometry } from '../geometry/VolumeGeometry';
import type { Prompt } from '../wire/Prompt';
import type { ExtremePointsTool } from './ExtremePointsTool';
import type { MarkInPlane, PlaneTrace } from './PlaneMark';

/** The next of four outermost points, in a plane across the slices. */
export class PlanePoint implements MarkInPlane {
  readonly #points: ExtremePointsTool;
  readonly #geometry: VolumeGeometry;
  readonly #frame: PlaneFrame;
  readonly #at: number;
  #placed = false;

  constructor(
    points: ExtremePointsTool,
    geometry: VolumeGeometry,
    frame: PlaneFrame,
    at: number,
  ) {
    this.#points = points;
    this.#geometry = geometry;
    this.#frame = frame;
    this.#at = at;
  }

  /** Where the button went down; where it goes then does not matter. */
  move(row: number, column: number): void {
    if (!this.#placed) {
      this.#placed = true;
      const index = indexInPlane(this.#frame, this.#at, row, column);
      this.#points.place(this.#geometry.voxelOf(index), this.#frame.axis);
    }
  }

  /** The points themselves are shown as long as there are fewer than four. */
  get trace(): PlaneTrace {
    return { label: 0, places: [], closed: true, widthMm: 0 };
  }

  end(): readonly Prompt[] {
    return this.#points.end();
  }
}
