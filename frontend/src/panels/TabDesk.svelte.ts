import type { SeatHold } from '../session/SeatHold';
import { type Locks, TabHold } from '../session/TabHold';

/** What keeps unsent work of a session for whichever tab writes. */
export interface Keeper {
  /** this tab writes from now on */
  resume(): void;
  /** another one does */
  standAside(): void;
}

/** Whether this page is the one that writes, of all that show the session. */
export class TabDesk {
  #otherTab = $state(false);
  #otherComputer = $state(false);
  /** where it is written, if not here */
  readonly elsewhere = $derived(
    this.#otherTab ? 'tab' : this.#otherComputer ? 'computer' : null,
  );
  readonly #hold: TabHold;
  readonly #seat: SeatHold;

  constructor(
    keepers: readonly Keeper[],
    sessionId: string,
    locks: Locks | undefined,
    seat: SeatHold,
    changed: () => void,
  ) {
    this.#seat = seat;
    this.#hold = new TabHold(sessionId, locks, (held) => {
      if (held && this.#otherTab) {
        for (const keeper of keepers) {
          keeper.resume();
        }
      } else if (!held) {
        for (const keeper of keepers) {
          keeper.standAside();
        }
      }
      this.#otherTab = !held;
      // The tabs of a browser have one seat.
      if (held) {
        seat.request();
      } else {
        seat.release();
      }
      changed();
    });
    // What is unsent here is sent all the same: no other computer has it.
    seat.events.on('changed', () => {
      this.#otherComputer = !seat.held;
      changed();
    });
  }

  request(): void {
    this.#hold.request();
  }

  takeOver(): void {
    if (this.#otherTab) {
      this.#hold.takeOver();
    }
    this.#seat.takeOver();
  }

  release(): void {
    this.#seat.release();
    this.#hold.release();
  }
}
