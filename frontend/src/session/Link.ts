import type { ClientMessage } from '../wire/ClientMessage';
import type { ServerMessage } from '../wire/ServerMessage';
import type { Emitter } from './Emitter';

export interface LinkEvents {
  /** the socket is open; the server's `state` comes next */
  opened: null;
  /**
   * The socket is gone; another try follows unless `final`. `refusal` is the
   * server's close code where it wants no more of this page, else null.
   */
  closed: { readonly final: boolean; readonly refusal: number | null };
  message: ServerMessage;
}

/** The way to the server, that a session needs of a socket. */
export interface Link {
  readonly events: Emitter<LinkEvents>;
  /** @returns false when there is no open socket: nothing was sent */
  send(message: ClientMessage): boolean;
  /** Connect anew: the server says again where the session stands. */
  renew(): void;
  close(): void;
}
