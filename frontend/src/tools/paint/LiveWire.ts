import type { ValueRange } from './coverWith';

type Place = readonly [row: number, column: number];

/** The slice that a wire lies on. */
export interface WireGround {
  readonly rows: number;
  readonly columns: number;
  /** the image's values by offset; null: not here yet, every way is the same */
  readonly valueAt: ((offset: number) => number) | null;
  /** values that look different on the screen; null: all */
  readonly shown: ValueRange | null;
}

/** How far a wire reaches from its seed: what bounds the longest wait. */
const REACH = 128;
const FAR = 2 ** 30;
/** Cost of a step along no edge at all, of one along the clearest: 1. */
const DEAREST = 64;
/** More than any step costs: a ring of so many lists holds all that are open. */
const RING = 128;
/** The share of the window's voxels that cost no more than that. */
const CLEAREST = 0.02;
/** Every so many of them are looked at for it. */
const SAMPLED = 7;

/**
 * The cheapest ways from a seed to anywhere near it, along the edges of the
 * image (Mortensen and Barrett, Intelligent scissors for image composition,
 * SIGGRAPH 1995; cost by the gradient's magnitude, their f_G).
 *
 * Searched outwards only as far as was asked (Dijkstra; costs are small whole
 * numbers, so that lists by cost take a heap's place, after Dial, 1969), and
 * within a bounded window: the pointer never waits.
 */
export class LiveWire {
  readonly #top: number;
  readonly #left: number;
  readonly #rows: number;
  readonly #columns: number;
  /** of the grids below: one place more on every side, which no way enters */
  readonly #width: number;
  readonly #costs: Uint8Array;
  readonly #spent: Int32Array;
  readonly #before: Int32Array;
  readonly #settled: Uint8Array;
  readonly #open: number[][] = Array.from({ length: RING }, () => []);
  #waiting = 1;
  #cost = 0;

  constructor(ground: WireGround, seed: Place) {
    this.#top = Math.max(seed[0] - REACH, 0);
    this.#left = Math.max(seed[1] - REACH, 0);
    this.#rows = Math.min(seed[0] + REACH + 1, ground.rows) - this.#top;
    this.#columns = Math.min(seed[1] + REACH + 1, ground.columns) - this.#left;
    this.#width = this.#columns + 2;
    const count = (this.#rows + 2) * this.#width;
    this.#costs = this.#costsOf(ground);
    this.#spent = new Int32Array(count);
    this.#before = new Int32Array(count).fill(-1);
    this.#settled = new Uint8Array(count).fill(1);
    for (let row = 0; row < this.#rows; row += 1) {
      const from = (row + 1) * this.#width + 1;
      this.#settled.fill(0, from, from + this.#columns);
      this.#spent.fill(FAR, from, from + this.#columns);
    }
    const first = this.#at(seed[0], seed[1]);
    this.#spent[first] = 0;
    (this.#open[0] as number[]).push(first);
  }

  /** Places from the seed to a target; beyond its reach straight on. */
  pathTo(target: Place): readonly Place[] {
    const within = (value: number, from: number, size: number): number =>
      Math.min(Math.max(value, from), from + size - 1);
    const row = within(target[0], this.#top, this.#rows);
    const column = within(target[1], this.#left, this.#columns);
    const end = this.#at(row, column);
    this.#searchUntil(end);
    const back: Place[] = [];
    for (let at = end; at >= 0; at = this.#before[at] as number) {
      back.push([
        this.#top + Math.floor(at / this.#width) - 1,
        this.#left + (at % this.#width) - 1,
      ]);
    }
    const path = back.reverse();
    return row === target[0] && column === target[1] ? path : [...path, target];
  }

  #at(row: number, column: number): number {
    return (row - this.#top + 1) * this.#width + column - this.#left + 1;
  }

  #searchUntil(target: number): void {
    while (!this.#settled[target] && this.#waiting > 0) {
      const at = (this.#open[this.#cost % RING] as number[]).pop();
      if (at === undefined) {
        this.#cost += 1;
        continue;
      }
      this.#waiting -= 1;
      // One that was reached cheaper meanwhile is settled already.
      if (!this.#settled[at]) {
        this.#settled[at] = 1;
        const width = this.#width;
        this.#reach(at - 1, at, 1);
        this.#reach(at + 1, at, 1);
        this.#reach(at - width, at, 1);
        this.#reach(at + width, at, 1);
        this.#reach(at - width - 1, at, Math.SQRT2);
        this.#reach(at - width + 1, at, Math.SQRT2);
        this.#reach(at + width - 1, at, Math.SQRT2);
        this.#reach(at + width + 1, at, Math.SQRT2);
      }
    }
  }

  #reach(next: number, from: number, length: number): void {
    if (this.#settled[next]) {
      return;
    }
    const cost =
      this.#cost + Math.round((this.#costs[next] as number) * length);
    if (cost < (this.#spent[next] as number)) {
      this.#spent[next] = cost;
      this.#before[next] = from;
      (this.#open[cost % RING] as number[]).push(next);
      this.#waiting += 1;
    }
  }

  /** Cost of entering each place: 1 on the clearest edges of the window. */
  #costsOf(ground: WireGround): Uint8Array {
    const width = this.#width;
    const costs = new Uint8Array((this.#rows + 2) * width).fill(DEAREST);
    if (!ground.valueAt) {
      return costs;
    }
    const slopes = this.#slopesOf(ground, ground.valueAt);
    const some = slopes.filter((_, i) => i % SAMPLED === 0).sort();
    const clearest = Math.max(
      some[Math.floor((some.length - 1) * (1 - CLEAREST))] as number,
      1e-6,
    );
    for (let i = 0; i < slopes.length; i += 1) {
      const slope = (slopes[i] as number) / clearest;
      costs[i] =
        slope >= 1 ? 1 : Math.max(Math.round(DEAREST * (1 - slope)), 1);
    }
    return costs;
  }

  /** Magnitude of the Sobel gradient. */
  #slopesOf(
    { rows, columns, shown }: WireGround,
    valueAt: (offset: number) => number,
  ): Float32Array {
    const width = this.#width;
    const low = shown?.low ?? Number.NEGATIVE_INFINITY;
    const high = shown?.high ?? Number.POSITIVE_INFINITY;
    const values = new Float32Array((this.#rows + 2) * width);
    for (let i = 0; i < values.length; i += 1) {
      // Beside the window as well: its border is none of the image.
      const y = this.#top + Math.floor(i / width) - 1;
      const x = this.#left + (i % width) - 1;
      const row = Math.min(Math.max(y, 0), rows - 1);
      const column = Math.min(Math.max(x, 0), columns - 1);
      values[i] = Math.min(
        Math.max(valueAt(row * columns + column), low),
        high,
      );
    }
    const slopes = new Float32Array(values.length);
    const of = (at: number): number => values[at] as number;
    for (let row = 1; row <= this.#rows; row += 1) {
      for (let column = 1; column <= this.#columns; column += 1) {
        const at = row * width + column;
        const [above, below] = [at - width, at + width];
        const diagonal = of(below + 1) - of(above - 1);
        const other = of(above + 1) - of(below - 1);
        const right = diagonal + other + 2 * (of(at + 1) - of(at - 1));
        const down = diagonal - other + 2 * (of(below) - of(above));
        slopes[at] = Math.sqrt(right * right + down * down);
      }
    }
    return slopes;
  }
}
