import type { Session } from '../session/Session';
import { type Locks, TabHold } from '../session/TabHold';

/** Whether this tab is the one that writes, of all that show the session. */
export class TabDesk {
  /** whether another tab of this browser writes */
  elsewhere = $state(false);
  readonly #hold: TabHold;

  constructor(
    session: Session,
    sessionId: string,
    locks: Locks | undefined,
    changed: () => void,
  ) {
    this.#hold = new TabHold(sessionId, locks, (held) => {
      if (held && this.elsewhere) {
        session.resume();
      } else if (!held) {
        session.standAside();
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
