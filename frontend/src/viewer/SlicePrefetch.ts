import { Enums, imageLoader } from '@cornerstonejs/core';

const AT_ONCE = 4;
const PRIORITY = 10;

/**
 * Loads slices nearest to the one looked at first, then outwards, as many as
 * `most` allows; a slice that fails is tried again when it is looked at.
 */
export class SlicePrefetch {
  readonly #imageIds: readonly string[];
  readonly #most: number;
  readonly #told: (count: number) => void;
  readonly #failed: (slice: number, error: unknown) => void;
  readonly #begun = new Set<number>();
  #loaded = 0;
  #running = 0;
  #centre: number;
  #stopped = false;

  constructor(
    imageIds: readonly string[],
    centre: number,
    most: number,
    told: (count: number) => void,
    failed: (slice: number, error: unknown) => void,
  ) {
    this.#imageIds = imageIds;
    this.#centre = centre;
    this.#most = most;
    this.#told = told;
    this.#failed = failed;
    this.#fill();
  }

  /** Go on outwards from another slice. */
  moveTo(slice: number): void {
    this.#centre = slice;
    this.#fill();
  }

  stop(): void {
    this.#stopped = true;
  }

  #fill(): void {
    while (!this.#stopped && this.#running < AT_ONCE) {
      const slice = this.#next();
      if (slice === null) {
        return;
      }
      this.#begun.add(slice);
      this.#running += 1;
      imageLoader
        .loadAndCacheImage(this.#imageIds[slice] as string, {
          requestType: Enums.RequestType.Prefetch,
          priority: PRIORITY,
        })
        .then(
          () => {
            this.#loaded += 1;
            this.#told(this.#loaded);
          },
          (error: unknown) => this.#failed(slice, error),
        )
        .finally(() => {
          this.#running -= 1;
          this.#fill();
        });
    }
  }

  #next(): number | null {
    const count = Math.min(this.#imageIds.length, this.#most);
    for (let away = 0; away < count; away += 1) {
      for (const slice of [this.#centre + away, this.#centre - away]) {
        if (
          slice >= 0 &&
          slice < this.#imageIds.length &&
          !this.#begun.has(slice)
        ) {
          return slice;
        }
      }
    }
    return null;
  }
}
