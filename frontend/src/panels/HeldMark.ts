/** What must not move under a mark. */
export interface HeldPlace {
  /** the slice asked for, while another one is on the screen */
  readonly awaited: number | null;
  /** stop whatever runs through the slices, and stay on the one shown */
  stay(): void;
  goto(slice: number): void;
}

/**
 * The mark under the hand, in whichever pane: while there is one, the slice
 * stays. What was asked for before and has not come is shown afterwards.
 */
export class HeldMark {
  readonly #place: HeldPlace;
  #hand: { cancel(): boolean } | null = null;
  #late: number | null = null;

  constructor(place: HeldPlace) {
    this.#place = place;
  }

  get held(): boolean {
    return this.#hand !== null;
  }

  /** @param hand that makes a mark now; null: it is made */
  holds(hand: { cancel(): boolean } | null): void {
    if (hand) {
      this.#late = this.#place.awaited;
      this.#hand = hand;
      this.#place.stay();
      return;
    }
    const late = this.#late;
    this.#hand = null;
    this.#late = null;
    if (late !== null) {
      this.#place.goto(late);
    }
  }

  /** Give it up. @returns whether there was one */
  cancel(): boolean {
    return this.#hand?.cancel() ?? false;
  }
}
