import type { Voxel } from '../geometry/frames';
import type { SlicePlacement } from '../geometry/SlicePlacement';
import { liesOn } from '../wire/liesOn';
import type { Prompt } from '../wire/Prompt';
import { boxCorners, markBox } from './markBox';
import { PatchCanvas } from './PatchCanvas';

/** Colour of a label as CSS; background is white. */
export type ColorOf = (label: number) => string;

/** What lies above the mask: marks made, and the one being made. */
export interface Marks {
  readonly slice: number;
  /** made before, thin */
  readonly history: readonly Prompt[];
  /** those of them that stand out */
  readonly selected: readonly Prompt[];
  /** under the hand now, strokes left out */
  readonly live: readonly Prompt[];
}

const HALO = 'rgb(0 0 0 / 0.75)';
/** CSS pixels added to lines that stand out. */
const SELECTED = 3;

export class MarkLayer {
  readonly #canvas: PatchCanvas;
  readonly #colorOf: ColorOf;

  constructor(canvas: HTMLCanvasElement, colorOf: ColorOf) {
    this.#canvas = new PatchCanvas(canvas);
    this.#colorOf = colorOf;
  }

  draw(placement: SlicePlacement | null, marks: Marks): void {
    const here = (mark: Prompt): boolean => liesOn(mark, marks.slice);
    const history = marks.history.filter(here);
    const selected = marks.selected.filter(here);
    const box =
      placement && markBox(placement, [...history, ...selected, ...marks.live]);
    if (!placement || !box) {
      this.#canvas.hide();
      return;
    }
    const ratio = this.#canvas.lay(box);
    if (ratio === null) {
      return;
    }
    const { context } = this.#canvas;
    this.#canvas.transform([ratio, 0, 0, ratio, 0, 0]);
    context.lineCap = 'round';
    context.lineJoin = 'round';
    for (const mark of history) {
      this.#drawMark(placement, mark, marks.slice);
    }
    for (const mark of selected) {
      this.#drawMark(placement, mark, marks.slice, SELECTED);
    }
    for (const mark of marks.live) {
      this.#drawMark(placement, mark, marks.slice);
    }
  }

  #drawMark(
    placement: SlicePlacement,
    mark: Prompt,
    slice: number,
    extra = 0,
  ): void {
    const { context } = this.#canvas;
    switch (mark.kind) {
      case 'scribble':
        context.setLineDash(mark.label === 0 ? [4, 4] : []);
        this.#twice(this.#colorOf(mark.label), 1.5 + extra, () =>
          this.#line(placement, mark.voxels),
        );
        context.setLineDash([]);
        break;
      case 'click': {
        const [x, y] = placement.canvasOf(mark.voxel[1], mark.voxel[2]);
        this.#twice(this.#colorOf(mark.label), 2 + extra, () => {
          context.moveTo(x - 5, y);
          context.lineTo(x + 5, y);
          if (mark.label !== 0) {
            context.moveTo(x, y - 5);
            context.lineTo(x, y + 5);
          }
        });
        break;
      }
      case 'lasso':
        context.setLineDash(mark.label === 0 ? [4, 4] : []);
        this.#twice(this.#colorOf(mark.label), 1.5 + extra, () => {
          this.#line(placement, mark.voxels);
          context.closePath();
        });
        context.setLineDash([]);
        break;
      case 'extreme_points':
        this.#twice(this.#colorOf(mark.label), 2 + extra, () => {
          for (const [z, y, x] of mark.voxels) {
            if (z !== slice) {
              continue;
            }
            const [right, down] = placement.canvasOf(y, x);
            context.moveTo(right + 4, down);
            context.arc(right, down, 4, 0, 2 * Math.PI);
          }
        });
        break;
      case 'box':
        this.#twice(this.#colorOf(mark.label), 1.5 + extra, () =>
          this.#frame(placement, mark.start, mark.stop),
        );
        break;
      case 'paint':
        // Paint is in the mask; only one that stands out has a frame.
        if (extra > 0) {
          const { start, stop } = mark.region;
          this.#twice('#ffffff', 1.5, () =>
            this.#frame(placement, start, stop),
          );
        }
        break;
      default:
        break;
    }
  }

  #line(placement: SlicePlacement, voxels: readonly Voxel[]): void {
    const { context } = this.#canvas;
    voxels.forEach((voxel, i) => {
      const [x, y] = placement.canvasOf(voxel[1], voxel[2]);
      if (i === 0) {
        context.moveTo(x, y);
      }
      // A single voxel is a dot: a line of no length with a round cap.
      context.lineTo(x, y);
    });
  }

  #frame(placement: SlicePlacement, start: Voxel, stop: Voxel): void {
    const { context } = this.#canvas;
    boxCorners(placement, start, stop).forEach(([x, y], i) => {
      if (i === 0) {
        context.moveTo(x, y);
      } else {
        context.lineTo(x, y);
      }
    });
    context.closePath();
  }

  /** A dark halo first, so that it is seen on every ground. */
  #twice(color: string, width: number, path: () => void): void {
    const { context } = this.#canvas;
    context.beginPath();
    path();
    context.lineWidth = width + 2;
    context.strokeStyle = HALO;
    context.stroke();
    context.lineWidth = width;
    context.strokeStyle = color;
    context.stroke();
  }
}
