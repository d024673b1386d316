import type { ServerMessage } from '../wire/ServerMessage';
import type { Link } from './Link';
import type { Session } from './Session';

const LOOK_MS = 5_000;
/** A word that was lost on the way is missed by nobody else. */
const SILENT_MS = 30_000;

/** What comes whether or not anybody works. */
const IDLE_TALK: ReadonlySet<ServerMessage['type']> = new Set([
  'clock',
  'events_taken',
  'seat',
]);

/**
 * Asks where the session stands when an answer is due and nothing is heard of
 * it: the answer may have been lost between the worker and this page.
 */
export class SilenceWatch {
  readonly #timer: ReturnType<typeof setInterval>;
  #heard: number;

  constructor(session: Session, link: Link, now: () => number) {
    this.#heard = now();
    link.events.on('message', ({ type }) => {
      if (!IDLE_TALK.has(type)) {
        this.#heard = now();
      }
    });
    this.#timer = setInterval(() => {
      if (session.pending.length === 0) {
        this.#heard = now();
      } else if (now() - this.#heard >= SILENT_MS) {
        this.#heard = now();
        link.renew();
      }
    }, LOOK_MS);
  }

  stop(): void {
    clearInterval(this.#timer);
  }
}
