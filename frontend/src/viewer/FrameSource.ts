/** One slice's bytes, as they are stored. */
export type Frames = ReadonlyMap<number, ArrayBuffer>;

/** Where a series is found. */
export interface FrameAddresses {
  readonly count: number;
  frame(slice: number): string;
  slices(first: number, last: number): string;
}

/**
 * How much one answer brings, unpacked. A request costs the server as much as
 * several slices do; a slow network has to bring all of it before any is seen.
 */
const SLAB_BYTES = 2 * 1024 ** 2;

/**
 * Brings frames from the server: the one that is waited for by itself, and all
 * others in slabs, a few neighbours in one answer.
 */
export class FrameSource {
  readonly #addresses: FrameAddresses;
  readonly #voxels: number;
  readonly #leaving = new AbortController();
  readonly #coming = new Map<number, Promise<Frames>>();

  /** @param voxels in one slice */
  constructor(addresses: FrameAddresses, voxels: number) {
    this.#addresses = addresses;
    this.#voxels = voxels;
  }

  /** @throws Error when the server refuses, or sends no whole slice */
  async one(slice: number): Promise<Frames> {
    const bytes = await this.#fetch(this.#addresses.frame(slice), 'auto');
    // 16-bit grey values, or three bytes of colour.
    if (bytes.byteLength % this.#voxels !== 0 || bytes.byteLength === 0) {
      throw new Error(`The slice came with ${bytes.byteLength} bytes`);
    }
    return new Map([[slice, bytes]]);
  }

  /**
   * A slice with its neighbours; where they do not come, by itself.
   *
   * @param bytes of one slice
   * @throws Error when the server refuses, or sends no whole slice
   */
  async withNeighbours(slice: number, bytes: number): Promise<Frames> {
    const size = Math.max(1, Math.floor(SLAB_BYTES / bytes));
    const first = slice - (slice % size);
    const last = Math.min(first + size, this.#addresses.count) - 1;
    if (first === last) {
      return this.one(slice);
    }
    let slab = this.#coming.get(first);
    if (!slab) {
      slab = this.#slab(first, last, bytes).finally(() =>
        this.#coming.delete(first),
      );
      this.#coming.set(first, slab);
    }
    try {
      return await slab;
    } catch (error) {
      if (this.#leaving.signal.aborted) {
        throw error;
      }
      return this.one(slice);
    }
  }

  close(): void {
    this.#leaving.abort();
  }

  async #slab(first: number, last: number, bytes: number): Promise<Frames> {
    // All that is not looked at lets the rest of the page go before.
    const all = await this.#fetch(this.#addresses.slices(first, last), 'low');
    const count = last - first + 1;
    if (all.byteLength !== count * bytes) {
      throw new Error(`${count} slices came with ${all.byteLength} bytes`);
    }
    return new Map(
      Array.from({ length: count }, (_, k) => [
        first + k,
        all.slice(k * bytes, (k + 1) * bytes),
      ]),
    );
  }

  async #fetch(
    address: string,
    priority: RequestPriority,
  ): Promise<ArrayBuffer> {
    const response = await fetch(address, {
      signal: this.#leaving.signal,
      priority,
    });
    if (!response.ok) {
      throw new Error(`The slice did not come: ${response.status}`);
    }
    return response.arrayBuffer();
  }
}
