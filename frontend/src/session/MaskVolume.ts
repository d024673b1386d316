import type { Shape, Voxel } from '../geometry/frames';
import type { LabelRegion } from '../wire/LabelRegion';

/**
 * The label map of a session: a slice exists once something was predicted or
 * painted on it, and knows the version of the draft it last came from.
 */
export class MaskVolume {
  readonly shape: Shape;
  readonly #slices = new Map<number, { labels: Uint8Array; version: number }>();

  constructor(shape: Shape) {
    this.shape = shape;
  }

  /** Labels of a slice, C order (y, x); null where there is none yet. */
  slice(z: number): Uint8Array | null {
    return this.#slices.get(z)?.labels ?? null;
  }

  version(z: number): number {
    return this.#slices.get(z)?.version ?? 0;
  }

  /** Slices that have labels. */
  get known(): ReadonlySet<number> {
    return new Set(this.#slices.keys());
  }

  valueAt(voxel: Voxel): number {
    const [z, y, x] = voxel;
    return this.slice(z)?.[y * this.shape[2] + x] ?? 0;
  }

  /**
   * Write a region of version `version` of the draft.
   *
   * @returns the slices that changed; none where all of them are newer
   * @throws RangeError when the region does not lie in the volume
   */
  write(region: LabelRegion, version: number): readonly number[] {
    this.#check(region);
    const [, height, width] = this.shape;
    const [z0, y0, x0] = region.start;
    const [z1, y1, x1] = region.stop;
    const written: number[] = [];
    for (let z = z0; z < z1; z += 1) {
      if (version < this.version(z)) {
        continue;
      }
      const labels = this.slice(z) ?? new Uint8Array(height * width);
      for (let y = y0; y < y1; y += 1) {
        const from = ((z - z0) * (y1 - y0) + (y - y0)) * (x1 - x0);
        labels.set(
          region.labels.subarray(from, from + (x1 - x0)),
          y * width + x0,
        );
      }
      this.#slices.set(z, { labels, version });
      written.push(z);
    }
    return written;
  }

  /**
   * Put the whole draft of `version` in place of what is here; only slices
   * that came from a newer version stay.
   *
   * @returns the slices that may have changed
   */
  replace(regions: readonly LabelRegion[], version: number): readonly number[] {
    const changed = new Set<number>();
    for (const [z, slice] of this.#slices) {
      if (slice.version <= version) {
        this.#slices.delete(z);
        changed.add(z);
      }
    }
    for (const region of regions) {
      for (const z of this.write(region, version)) {
        changed.add(z);
      }
    }
    return [...changed];
  }

  /** Put slices out of memory. */
  drop(gone: (slice: number) => boolean): void {
    for (const z of this.#slices.keys()) {
      if (gone(z)) {
        this.#slices.delete(z);
      }
    }
  }

  #check(region: LabelRegion): void {
    const inside = this.shape.every(
      (size, axis) =>
        (region.start[axis] as number) >= 0 &&
        (region.start[axis] as number) <= (region.stop[axis] as number) &&
        (region.stop[axis] as number) <= size,
    );
    if (!inside) {
      throw new RangeError(
        `The region [${region.start}]–[${region.stop}] does not lie in a ` +
          `volume of [${this.shape}]`,
      );
    }
  }
}
