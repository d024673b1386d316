import type { ClientMessage } from '../wire/ClientMessage';
import type { ServerMessage } from '../wire/ServerMessage';
import type { Emitter } from './Emitter';

export interface LinkEvents {
  /** the socket is open; the server's `state` comes next */
  opened: null;
  /** the socket is gone; another try follows unless `final` */
  closed: { readonly final: boolean };
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
