import { coverPlaneLasso } from '../geometry/coverPlaneLasso';
import { coverPlaneStroke } from '../geometry/coverPlaneStroke';
import type { Voxel } from '../geometry/frames';
import type { PlaneFrame } from '../geometry/PlaneFrame';
import { indexInPlane } from '../geometry/placePlane';
import type { VolumeGeometry } from '../geometry/VolumeGeometry';
import type { Box, Click, Paint, Prompt, Scribble } from '../wire/Prompt';
import type { BrushShape } from './BrushTool';
import type { PaintGround } from './paint/PaintGround';
import { paintVoxels } from './paint/paintVoxels';
import type { ToolName } from './ToolName';

/** Tools whose marks are for the engine. */
const MARKS = ['click', 'box', 'scribble', 'erase', 'lasso'] as const;
/** Tools that make the reader's own mask, in any plane whatever the engine. */
const PAINTS = ['brush', 'eraser', 'scissors'] as const;

/** Tools that mark in a plane across the slices as well as on one. */
export type PlaneToolName = (typeof MARKS)[number] | (typeof PAINTS)[number];

/** @param anyPlane whether the engine takes marks across the slices */
export function marksInPlanes(
  tool: ToolName,
  anyPlane: boolean,
): tool is PlaneToolName {
  return (
    PAINTS.some((name) => name === tool) ||
    (anyPlane && MARKS.some((name) => name === tool))
  );
}

type Place = readonly [row: number, column: number];

/** A plane across the slices, and what lies in the hand over it. */
export interface PlaneHand {
  readonly geometry: VolumeGeometry;
  readonly ground: PaintGround;
  readonly frame: PlaneFrame;
  /** the fixed index of the plane */
  readonly at: number;
  readonly label: number;
  readonly brush: BrushShape;
}

/** What is drawn of a mark while the hand goes on. */
export interface PlaneTrace {
  readonly label: number;
  readonly places: readonly Place[];
  /** a stroke, or a line around what is marked */
  readonly closed: boolean;
  /** of the stroke, mm; a line around something has none */
  readonly widthMm: number;
}

/** A mark under the hand in a plane across the slices. */
export interface MarkInPlane {
  /** the pointer is at a place of the plane */
  move(row: number, column: number): void;
  readonly trace: PlaneTrace;
  /** @returns the prompts of one turn; none where nothing is marked */
  end(): readonly Prompt[];
}

/** A mark of one press: from where the button went down to where it came up. */
export class PlaneMark implements MarkInPlane {
  readonly #tool: PlaneToolName;
  readonly #hand: PlaneHand;
  #path: Place[] = [];

  constructor(tool: PlaneToolName, hand: PlaneHand) {
    this.#tool = tool;
    this.#hand = hand;
  }

  move(row: number, column: number): void {
    this.#path.push([row, column]);
  }

  get trace(): PlaneTrace {
    const { label, brush } = this.#hand;
    const closed = this.#tool === 'lasso' || this.#tool === 'scissors';
    const line = closed || this.#tool === 'box' || this.#tool === 'click';
    return {
      label,
      places: this.#tool === 'box' ? this.#corners : [...this.#path],
      closed: line,
      widthMm: line ? 0 : brush.width * this.#finest,
    };
  }

  end(): readonly Prompt[] {
    const { geometry, frame, at, brush } = this.#hand;
    switch (this.#tool) {
      case 'click':
        return this.#click;
      case 'box':
        return this.#box;
      case 'scribble':
      case 'erase':
        return this.#lines(
          coverPlaneStroke(geometry, frame, at, this.#path, brush.width),
        );
      case 'lasso':
        return this.#lines(coverPlaneLasso(geometry, frame, at, this.#path));
      case 'brush':
      case 'eraser':
        return this.#paint(this.#brushed);
      case 'scissors':
        return this.#paint(coverPlaneLasso(geometry, frame, at, this.#path));
    }
  }

  get #finest(): number {
    const { geometry, frame } = this.#hand;
    return Math.min(
      geometry.spacing(frame.rows),
      geometry.spacing(frame.columns),
    );
  }

  get #corners(): readonly Place[] {
    const [from, to] = [this.#path[0], this.#path.at(-1)];
    return from && to ? [from, [from[0], to[1]], to, [to[0], from[1]]] : [];
  }

  #voxel(place: Place | undefined): Voxel {
    const [row, column] = place ?? [-1, -1];
    const { geometry, frame, at } = this.#hand;
    return geometry.voxelOf(indexInPlane(frame, at, row, column));
  }

  get #click(): readonly Click[] {
    const voxel = this.#voxel(this.#path[0]);
    return this.#hand.geometry.contains(voxel)
      ? [{ kind: 'click', label: this.#hand.label, voxel }]
      : [];
  }

  /** As thin as the plane; of a single row or column, a slip of the hand. */
  get #box(): readonly Box[] {
    const { geometry, frame, label } = this.#hand;
    const from = geometry.clamp(this.#voxel(this.#path[0]));
    const to = geometry.clamp(this.#voxel(this.#path.at(-1)));
    const { rows, columns } = frame;
    if (from[rows] === to[rows] || from[columns] === to[columns]) {
      return [];
    }
    const ends = ([0, 1, 2] as const).map((axis) => [
      Math.min(from[axis], to[axis]),
      Math.max(from[axis], to[axis]) + 1,
    ]) as [[number, number], [number, number], [number, number]];
    return [
      {
        kind: 'box',
        label,
        start: [ends[0][0], ends[1][0], ends[2][0]],
        stop: [ends[0][1], ends[1][1], ends[2][1]],
      },
    ];
  }

  /**
   * Scribbles and lassos lie on one slice, so what is covered across the slices
   * is told as a line of voxels on each: together exactly that.
   */
  #lines(covered: readonly Voxel[]): readonly Scribble[] {
    const along = this.#hand.frame.axis === 1 ? 2 : 1;
    const runs: { first: Voxel; last: Voxel }[] = [];
    for (const voxel of [...covered].sort(
      (a, b) => a[0] - b[0] || a[along] - b[along],
    )) {
      const run = runs.at(-1);
      if (
        run &&
        run.last[0] === voxel[0] &&
        run.last[along] + 1 === voxel[along]
      ) {
        run.last = voxel;
      } else {
        runs.push({ first: voxel, last: voxel });
      }
    }
    return runs.map(({ first, last }) => ({
      kind: 'scribble',
      label: this.#hand.label,
      voxels: first === last ? [first] : [first, last],
      width: 1,
    }));
  }

  /** What the brush covers; a ball reaches into the planes beside this one. */
  get #brushed(): readonly Voxel[] {
    const { geometry, frame, at, brush } = this.#hand;
    const step = geometry.spacing(frame.axis) / this.#finest;
    const found = [
      ...coverPlaneStroke(geometry, frame, at, this.#path, brush.width),
    ];
    const radius = brush.width / 2;
    for (let away = 1; brush.ball && away * step <= radius; away += 1) {
      const width = 2 * Math.sqrt(radius ** 2 - (away * step) ** 2);
      for (const beside of [at - away, at + away]) {
        if (beside >= 0 && beside < geometry.shape[frame.axis]) {
          found.push(
            ...coverPlaneStroke(geometry, frame, beside, this.#path, width),
          );
        }
      }
    }
    return found;
  }

  #paint(voxels: readonly Voxel[]): readonly Paint[] {
    const { ground, label, brush } = this.#hand;
    return paintVoxels(ground, voxels, label, brush.range);
  }
}
