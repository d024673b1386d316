import type { NoticeBoard } from './NoticeBoard.svelte';

/** Which slices of the picture have come, and which have not. */
export class SliceArrivals {
  /** how many have come */
  count = $state(0);
  /** slices that did not come when they were asked for */
  missing = $state.raw<ReadonlySet<number>>(new Set());
  readonly #board: NoticeBoard;

  constructor(board: NoticeBoard) {
    this.#board = board;
  }

  /** @param count how many have come with this one */
  came(slice: number, count: number): void {
    this.count = count;
    if (this.missing.has(slice)) {
      this.missing = new Set([...this.missing].filter((k) => k !== slice));
      if (this.missing.size === 0) {
        this.#board.settle('viewer:slice-not-loaded');
      }
    }
  }

  failed(slice: number): void {
    this.missing = new Set([...this.missing, slice]);
  }
}
