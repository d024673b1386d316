import type { SliceValues } from './cutPlane';
import { type PixelFormat, readPixels } from './PixelFormat';

/**
 * The frames of a series as they came, in memory: at most so many bytes, those
 * furthest from where the reader looks put out first.
 */
export class FrameStore {
  readonly #addressOf: (slice: number) => string;
  readonly #voxels: number;
  readonly #mostBytes: number;
  readonly #gone: (slice: number) => void;
  readonly #frames = new Map<number, ArrayBuffer>();
  readonly #coming = new Map<number, Promise<void>>();
  readonly #leaving = new AbortController();
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
    addressOf: (slice: number) => string,
    voxels: number,
    mostBytes: number,
    gone: (slice: number) => void,
  ) {
    this.#addressOf = addressOf;
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
    this.#leaving.abort();
    this.#frames.clear();
    this.#values = null;
  }

  async #fetch(slice: number): Promise<void> {
    try {
      const response = await fetch(this.#addressOf(slice), {
        signal: this.#leaving.signal,
        // All that is not looked at lets the rest of the page go before.
        priority: slice === this.centre ? 'auto' : 'low',
      });
      if (!response.ok) {
        throw new Error(`The slice did not come: ${response.status}`);
      }
      const bytes = await response.arrayBuffer();
      // 16-bit grey values, or three bytes of colour.
      if (bytes.byteLength % this.#voxels !== 0 || bytes.byteLength === 0) {
        throw new Error(`The slice came with ${bytes.byteLength} bytes`);
      }
      this.#keep(slice, bytes);
    } finally {
      this.#coming.delete(slice);
    }
  }

  #keep(slice: number, bytes: ArrayBuffer): void {
    this.#frames.set(slice, bytes);
    this.#bytes += bytes.byteLength;
    while (this.#bytes > this.#mostBytes && this.#frames.size > 1) {
      const away = (k: number): number => Math.abs(k - this.centre);
      const furthest = [...this.#frames.keys()].reduce((a, b) =>
        away(b) > away(a) ? b : a,
      );
      this.#bytes -= this.#frames.get(furthest)?.byteLength ?? 0;
      this.#frames.delete(furthest);
      this.#gone(furthest);
    }
  }
}
