import { type Locks, TabHold } from '../session/TabHold';

/** What keeps unsent work of a session for whichever tab writes. */
export interface Keeper {
  /** this tab writes from now on */
  resume(): void;
  /** another one does */
  standAside(): void;
}

/** Whether this tab is the one that writes, of all that show the session. */
export class TabDesk {
  /** whether another tab of this browser writes */
  elsewhere = $state(false);
  readonly #hold: TabHold;

  constructor(
    keepers: readonly Keeper[],
    sessionId: string,
    locks: Locks | undefined,
    changed: () => void,
  ) {
    this.#hold = new TabHold(sessionId, locks, (held) => {
      if (held && this.elsewhere) {
        for (const keeper of keepers) {
          keeper.resume();
        }
      } else if (!held) {
        for (const keeper of keepers) {
          keeper.standAside();
        }
      }
      this.elsewhere = !held;
      changed();
    });
  }

  request(): void {
    this.#hold.request();
  }

  takeOver(): void {
    this.#hold.takeOver();
  }

  release(): void {
    this.#hold.release();
  }
}
