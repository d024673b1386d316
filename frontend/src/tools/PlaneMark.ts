import { coverPlaneStroke } from '../geometry/coverPlaneStroke';
import type { Voxel } from '../geometry/frames';
import type { PlaneFrame } from '../geometry/PlaneFrame';
import { indexInPlane } from '../geometry/placePlane';
import type { VolumeGeometry } from '../geometry/VolumeGeometry';
import type { Box, Click, Prompt, Scribble } from '../wire/Prompt';
import type { ToolName } from './ToolName';

/** Tools that mark in a plane across the slices as well as on one. */
export type PlaneToolName = 'click' | 'box' | 'scribble' | 'erase';

export function marksInPlanes(tool: ToolName): tool is PlaneToolName {
  return (
    tool === 'click' ||
    tool === 'box' ||
    tool === 'scribble' ||
    tool === 'erase'
  );
}

/** A mark under the hand in a plane whose fixed index is `at`. */
export class PlaneMark {
  readonly #tool: PlaneToolName;
  readonly #geometry: VolumeGeometry;
  readonly #frame: PlaneFrame;
  readonly #at: number;
  readonly #label: number;
  readonly #width: number;
  #path: (readonly [row: number, column: number])[] = [];

  constructor(
    tool: PlaneToolName,
    geometry: VolumeGeometry,
    frame: PlaneFrame,
    at: number,
    label: number,
    width: number,
  ) {
    this.#tool = tool;
    this.#geometry = geometry;
    this.#frame = frame;
    this.#at = at;
    this.#label = label;
    this.#width = width;
  }

  move(row: number, column: number): void {
    this.#path.push([row, column]);
  }

  /** What the prompts would be now; none where nothing is marked. */
  get prompts(): readonly Prompt[] {
    switch (this.#tool) {
      case 'click':
        return this.#click;
      case 'box':
        return this.#box;
      default:
        return this.#stroke;
    }
  }

  #voxel(place: readonly [number, number] | undefined): Voxel {
    const [row, column] = place ?? [-1, -1];
    return this.#geometry.voxelOf(
      indexInPlane(this.#frame, this.#at, row, column),
    );
  }

  get #click(): readonly Click[] {
    const voxel = this.#voxel(this.#path[0]);
    return this.#geometry.contains(voxel)
      ? [{ kind: 'click', label: this.#label, voxel }]
      : [];
  }

  /** As thin as the plane; of a single row or column, a slip of the hand. */
  get #box(): readonly Box[] {
    const from = this.#geometry.clamp(this.#voxel(this.#path[0]));
    const to = this.#geometry.clamp(this.#voxel(this.#path.at(-1)));
    const { rows, columns } = this.#frame;
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
        label: this.#label,
        start: [ends[0][0], ends[1][0], ends[2][0]],
        stop: [ends[0][1], ends[1][1], ends[2][1]],
      },
    ];
  }

  /**
   * A scribble lies on one slice, so one across the slices is a line of voxels
   * on each: together exactly what the stroke covers.
   */
  get #stroke(): readonly Scribble[] {
    const covered = coverPlaneStroke(
      this.#geometry,
      this.#frame,
      this.#at,
      this.#path,
      this.#width,
    );
    const along = this.#frame.axis === 1 ? 2 : 1;
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
      label: this.#label,
      voxels: first === last ? [first] : [first, last],
      width: 1,
    }));
  }
}
