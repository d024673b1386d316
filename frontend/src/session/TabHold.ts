/** What of the browser's locks is used. */
export type Locks = Pick<LockManager, 'request'>;

/**
 * One tab of a browser writes in a session; others look on. The browser gives
 * the hold back when a tab closes or dies, to the one that waits longest.
 */
export class TabHold {
  readonly #name: string;
  readonly #locks: Locks | undefined;
  readonly #told: (held: boolean) => void;
  #giveUp: () => void = () => undefined;

  /**
   * @param locks undefined where the browser has none (an insecure address):
   *   then every tab writes
   * @param told called when this tab gets the hold, and when it loses it
   */
  constructor(
    session: string,
    locks: Locks | undefined,
    told: (held: boolean) => void,
  ) {
    this.#name = `slicewise:writes:${session}`;
    this.#locks = locks;
    this.#told = told;
  }

  /** Get the hold, or be told that another tab has it and wait for it. */
  request(): void {
    this.#hold({ ifAvailable: true });
  }

  /** Take it from the tab that has it. */
  takeOver(): void {
    this.#hold({ steal: true });
  }

  release(): void {
    this.#giveUp();
  }

  #hold(options: LockOptions): void {
    if (!this.#locks) {
      this.#told(true);
      return;
    }
    let mine = false;
    this.#locks
      .request(this.#name, options, (lock) => {
        if (!lock) {
          this.#told(false);
          this.#hold({});
          return;
        }
        mine = true;
        this.#told(true);
        return new Promise<void>((resolve) => {
          this.#giveUp = resolve;
        });
      })
      .catch(() => {
        // Taken over by another tab: wait until that one closes.
        if (mine) {
          this.#told(false);
          this.#hold({});
        }
      });
  }
}
