import type { CanvasPoint } from '../geometry/frames';
import type { Axis } from '../geometry/PlaneFrame';
import type { SlicePlacement } from '../geometry/SlicePlacement';
import type { Grasp } from '../tools/PaneHand';

/** Two places of one plane, and what lies between them. */
export interface Measure {
  readonly axis: Axis;
  /** the fixed index of the plane */
  readonly at: number;
  readonly from: readonly [row: number, column: number];
  readonly to: readonly [row: number, column: number];
}

/** CSS pixels; a shorter line is a slip of the hand. */
const SHORTEST_LINE = 3;

/** Lengths that were measured, and the one under the hand. */
export class Ruler {
  made = $state.raw<readonly Measure[]>([]);
  measuring = $state.raw<Measure | null>(null);
  readonly #changed: (count: number) => void;

  /** @param changed told how many lengths there are when there is one more */
  constructor(changed: (count: number) => void) {
    this.#changed = changed;
  }

  forget(): void {
    this.made = [];
  }

  /**
   * Measure from a point of the plane across an axis.
   *
   * @param at the fixed index of the plane
   * @param placement where the plane lies now
   */
  from(
    start: CanvasPoint,
    axis: Axis,
    at: number,
    placement: () => SlicePlacement | null,
  ): Grasp {
    const first = placement()?.indexAt(start);
    let last = start;
    return {
      marks: false,
      move: (path) => {
        last = path.at(-1) ?? last;
        const to = placement()?.indexAt(last);
        this.measuring = first && to ? { axis, at, from: first, to } : null;
      },
      end: () => {
        const measure = this.measuring;
        const [right, down] = [last[0] - start[0], last[1] - start[1]];
        this.measuring = null;
        if (measure && Math.hypot(right, down) > SHORTEST_LINE) {
          this.made = [...this.made, measure];
          this.#changed(this.made.length);
        }
      },
      giveUp: () => {
        this.measuring = null;
      },
    };
  }
}
