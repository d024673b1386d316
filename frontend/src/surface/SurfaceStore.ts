import type { Affine, Shape, VoxelIndex } from '../geometry/frames';
import type { PictureBox } from '../viewer/occupiedBox';
import type { Mesh } from './Mesh';
import { meshOfNet } from './meshOfNet';
import { surfaceNet } from './surfaceNet';

/** The occupied part of one slice of the mask. */
export interface SlicePart {
  readonly box: PictureBox;
  /** C order, as large as the box */
  readonly labels: Uint8Array;
}

/** More voxels than these around a label are taken together first. */
const MOST_VOXELS = 3_000_000;
const ROUNDS = 8;

/** The mask of a volume, and the surfaces of the labels that changed in it. */
export class SurfaceStore {
  readonly #affine: Affine;
  readonly #spacing: readonly [number, number, number];
  readonly #most: number;
  readonly #parts = new Map<number, SlicePart>();
  readonly #changed = new Set<number>();

  /** @param most voxels in the block of a label that is not thinned out */
  constructor(affine: Affine, most = MOST_VOXELS) {
    this.#affine = affine;
    this.#most = most;
    this.#spacing = [0, 1, 2].map((axis) =>
      Math.hypot(...affine.slice(0, 3).map((row) => row[axis] ?? 0)),
    ) as [number, number, number];
  }

  put(z: number, part: SlicePart | null): void {
    for (const labels of [this.#parts.get(z)?.labels, part?.labels]) {
      for (const label of new Set(labels)) {
        if (label !== 0) {
          this.#changed.add(label);
        }
      }
    }
    if (part) {
      this.#parts.set(z, part);
    } else {
      this.#parts.delete(z);
    }
  }

  /** The labels that changed since the last time; null: none of it is left. */
  *take(): Generator<readonly [label: number, mesh: Mesh | null]> {
    for (const label of [...this.#changed]) {
      this.#changed.delete(label);
      yield [label, this.#mesh(label)];
    }
  }

  #mesh(label: number): Mesh | null {
    const bounds = this.#bounds(label);
    if (!bounds) {
      return null;
    }
    const { start, stop } = bounds;
    const size = [0, 1, 2].map(
      (axis) => (stop[axis] as number) - (start[axis] as number),
    ) as unknown as Shape;
    const steps = thinning(size, this.#spacing, this.#most);
    // A rim of nothing all round closes the surface.
    const shape = [0, 1, 2].map(
      (axis) => Math.ceil((size[axis] as number) / (steps[axis] as number)) + 2,
    ) as unknown as Shape;
    const origin = [0, 1, 2].map(
      (axis) =>
        (start[axis] as number) -
        (steps[axis] as number) +
        ((steps[axis] as number) - 1) / 2,
    ) as unknown as VoxelIndex;
    return meshOfNet(
      surfaceNet(this.#block(label, start, shape, steps), shape, ROUNDS),
      this.#affine,
      origin,
      steps,
    );
  }

  #bounds(label: number): { start: Shape; stop: Shape } | null {
    let [z0, y0, x0] = [Infinity, Infinity, Infinity];
    let [z1, y1, x1] = [-1, -1, -1];
    for (const [z, { box, labels }] of this.#parts) {
      let at = 0;
      for (let y = box.y; y < box.y + box.height; y += 1) {
        for (let x = box.x; x < box.x + box.width; x += 1, at += 1) {
          if (labels[at] === label) {
            [z0, y0, x0] = [Math.min(z0, z), Math.min(y0, y), Math.min(x0, x)];
            [z1, y1, x1] = [Math.max(z1, z), Math.max(y1, y), Math.max(x1, x)];
          }
        }
      }
    }
    return z1 < 0
      ? null
      : { start: [z0, y0, x0], stop: [z1 + 1, y1 + 1, x1 + 1] };
  }

  /** 1 where at least half of the voxels taken together are of the label. */
  #block(
    label: number,
    start: Shape,
    shape: Shape,
    steps: VoxelIndex,
  ): Uint8Array {
    const counts = new Uint16Array(shape[0] * shape[1] * shape[2]);
    for (const [z, { box, labels }] of this.#parts) {
      const layer = 1 + Math.floor((z - start[0]) / steps[0]);
      let at = 0;
      for (let y = box.y; y < box.y + box.height; y += 1) {
        const row = 1 + Math.floor((y - start[1]) / steps[1]);
        const first = (layer * shape[1] + row) * shape[2] + 1;
        for (let x = box.x; x < box.x + box.width; x += 1, at += 1) {
          if (labels[at] === label) {
            const place = first + Math.floor((x - start[2]) / steps[2]);
            counts[place] = (counts[place] as number) + 1;
          }
        }
      }
    }
    const half = (steps[0] * steps[1] * steps[2]) / 2;
    return Uint8Array.from(counts, (count) => (count >= half ? 1 : 0));
  }
}

/** Voxels along (z, y, x) to take together: the finest axis is thinned first. */
export function thinning(
  size: Shape,
  spacing: readonly [number, number, number],
  most: number,
): VoxelIndex {
  const steps: [number, number, number] = [1, 1, 1];
  const count = (): number =>
    steps.reduce(
      (sum, step, axis) => sum * Math.ceil((size[axis] as number) / step),
      1,
    );
  while (count() > most) {
    const length = (axis: number): number =>
      (steps[axis] as number) * (spacing[axis] as number);
    const finest = [2, 1, 0].reduce((a, b) => (length(b) < length(a) ? b : a));
    steps[finest] = (steps[finest] as number) + 1;
  }
  return steps;
}
