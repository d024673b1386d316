/** As many as a browser asks of one server at a time. */
const AT_ONCE = 6;
const RETRY_MS = 1000;
const LATEST_RETRY_MS = 30_000;

/**
 * Loads slices nearest to the one looked at first, then outwards, as many as
 * `most` allows; a slice that fails is told once and tried again, later and
 * later, for networks and servers come back.
 */
export class SlicePrefetch {
  readonly #count: number;
  readonly #load: (slice: number) => Promise<unknown>;
  readonly #most: number;
  readonly #told: (count: number, slice: number) => void;
  readonly #failed: (slice: number, error: unknown) => void;
  readonly #begun = new Set<number>();
  readonly #tries = new Map<number, number>();
  readonly #retries = new Map<number, ReturnType<typeof setTimeout>>();
  #loaded = 0;
  #running = 0;
  #centre: number;
  #stopped = false;

  /**
   * @param count slices of the series
   * @param load brings one slice into memory
   */
  constructor(
    count: number,
    load: (slice: number) => Promise<unknown>,
    centre: number,
    most: number,
    told: (count: number, slice: number) => void,
    failed: (slice: number, error: unknown) => void,
  ) {
    this.#count = count;
    this.#load = load;
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

  /** A slice was put out of memory: it is loaded again when it is near. */
  forget(slice: number): void {
    if (this.#begun.delete(slice)) {
      this.#loaded -= 1;
    }
  }

  /** Try what has failed again now: the reader asks, or the network is back. */
  hurry(): void {
    for (const [slice, retry] of this.#retries) {
      clearTimeout(retry);
      this.#begun.delete(slice);
    }
    this.#retries.clear();
    this.#fill();
  }

  stop(): void {
    this.#stopped = true;
    for (const retry of this.#retries.values()) {
      clearTimeout(retry);
    }
  }

  #fill(): void {
    while (!this.#stopped && this.#running < AT_ONCE) {
      const slice = this.#next();
      if (slice === null) {
        return;
      }
      this.#begun.add(slice);
      this.#running += 1;
      this.#load(slice)
        .then(
          () => {
            this.#loaded += 1;
            this.#told(this.#loaded, slice);
          },
          (error: unknown) => this.#tryAgain(slice, error),
        )
        .finally(() => {
          this.#running -= 1;
          this.#fill();
        });
    }
  }

  #tryAgain(slice: number, error: unknown): void {
    if (this.#stopped) {
      return;
    }
    const tries = this.#tries.get(slice) ?? 0;
    this.#tries.set(slice, tries + 1);
    if (tries === 0) {
      this.#failed(slice, error);
    }
    const retry = setTimeout(
      () => {
        this.#retries.delete(slice);
        this.#begun.delete(slice);
        this.#fill();
      },
      Math.min(RETRY_MS * 2 ** tries, LATEST_RETRY_MS),
    );
    this.#retries.set(slice, retry);
  }

  /** The nearest slice not begun, of as many nearest ones as memory holds. */
  #next(): number | null {
    let near = 0;
    for (let away = 0; away < this.#count; away += 1) {
      for (const slice of new Set([this.#centre + away, this.#centre - away])) {
        if (near < this.#most && slice >= 0 && slice < this.#count) {
          near += 1;
          if (!this.#begun.has(slice)) {
            return slice;
          }
        }
      }
    }
    return null;
  }
}
