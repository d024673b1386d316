import type { SliceValues } from './cutPlane';
import type { FrameSource, Frames } from './FrameSource';
import { type PixelFormat, readPixels, voxelBytes } from './PixelFormat';

/**
 * The frames of a series as they came, in memory: at most so many bytes, those
 * furthest from where the reader looks put out first.
 */
export class FrameStore {
  readonly #source: FrameSource;
  readonly #voxels: number;
  readonly #mostBytes: number;
  readonly #gone: (slice: number) => void;
  readonly #frames = new Map<number, ArrayBuffer>();
  readonly #coming = new Map<number, Promise<void>>();
  #bytes = 0;
  #values: { slice: number; values: SliceValues } | null = null;
  /** slice that the reader looks at */
  centre = 0;
  /** null until the metadata has come: nothing can be read before */
  format: PixelFormat | null = null;

  /**
   * @param voxels in one slice
   * @param gone called with a slice that was put out of memory
   */
  constructor(
    source: FrameSource,
    voxels: number,
    mostBytes: number,
    gone: (slice: number) => void,
  ) {
    this.#source = source;
    this.#voxels = voxels;
    this.#mostBytes = mostBytes;
    this.#gone = gone;
  }

  /** @throws Error when the server refuses, or sends no whole slice */
  load(slice: number): Promise<void> {
    if (this.#frames.has(slice)) {
      return Promise.resolve();
    }
    const coming = this.#coming.get(slice) ?? this.#fetch(slice);
    this.#coming.set(slice, coming);
    return coming;
  }

  /** Values of a slice; null until it has come. */
  values(slice: number): SliceValues | null {
    const bytes = this.#frames.get(slice);
    if (!bytes || !this.format) {
      return null;
    }
    if (this.#values?.slice !== slice) {
      const { channels, slope, intercept } = this.format;
      const values = readPixels(bytes, this.format);
      this.#values = { slice, values: { values, channels, slope, intercept } };
    }
    return this.#values.values;
  }

  close(): void {
    this.#source.close();
    this.#frames.clear();
    this.#values = null;
  }

  async #fetch(slice: number): Promise<void> {
    try {
      // What is looked at waits for nothing else.
      const frames = await (slice === this.centre || !this.format
        ? this.#source.one(slice)
        : this.#source.withNeighbours(
            slice,
            this.#voxels * voxelBytes(this.format),
          ));
      this.#keepAll(slice, frames);
    } finally {
      this.#coming.delete(slice);
    }
  }

  /** Neighbours that nobody has asked for put out only what is further away. */
  #keepAll(asked: number, frames: Frames): void {
    const first = frames.get(asked);
    if (first && !this.#frames.has(asked)) {
      this.#keep(asked, first);
    }
    for (const [slice, bytes] of frames) {
      const room = this.#bytes + bytes.byteLength <= this.#mostBytes;
      if (
        !this.#frames.has(slice) &&
        (room || this.#away(slice) < this.#away(this.#furthest()))
      ) {
        this.#keep(slice, bytes);
      }
    }
  }

  #keep(slice: number, bytes: ArrayBuffer): void {
    this.#frames.set(slice, bytes);
    this.#bytes += bytes.byteLength;
    while (this.#bytes > this.#mostBytes && this.#frames.size > 1) {
      const furthest = this.#furthest();
      this.#bytes -= this.#frames.get(furthest)?.byteLength ?? 0;
      this.#frames.delete(furthest);
      this.#gone(furthest);
    }
  }

  #furthest(): number {
    return [...this.#frames.keys()].reduce((a, b) =>
      this.#away(b) > this.#away(a) ? b : a,
    );
  }

  #away(slice: number): number {
    return Math.abs(slice - this.centre);
  }
}
