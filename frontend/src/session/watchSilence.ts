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
 * Ask where the session stands when an answer is due and nothing is heard of
 * it: the answer may have been lost between the worker and this page. It ends
 * with the link.
 */
export function watchSilence(
  session: Pick<Session, 'pending'>,
  link: Link,
  now: () => number,
): void {
  let heard = now();
  const timer = setInterval(() => {
    if (session.pending.length === 0) {
      heard = now();
    } else if (now() - heard >= SILENT_MS) {
      heard = now();
      link.renew();
    }
  }, LOOK_MS);
  link.events.on('message', ({ type }) => {
    if (!IDLE_TALK.has(type)) {
      heard = now();
    }
  });
  link.events.on('closed', ({ final }) => {
    if (final) {
      clearInterval(timer);
    }
  });
}
