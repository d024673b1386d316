import type { ClientMessage } from '../wire/ClientMessage';
import { parseServerMessage } from '../wire/parseServerMessage';
import { Emitter } from './Emitter';
import type { Link, LinkEvents } from './Link';

/** Closed by the server for good: not logged in, not this reader's session. */
const REFUSED: ReadonlySet<number> = new Set([4401, 4403, 4404]);

const FIRST_WAIT_MS = 250;
const LONGEST_WAIT_MS = 5_000;
/** A socket that says nothing for so long after a ping is taken for dead. */
const SILENCE_MS = 9_000;
const PING_MS = 4_000;

/**
 * A WebSocket that comes back: waits 0.25 s, doubling to 5 s, with jitter; at
 * once when the network or the page returns. Pings carry the clock exchange.
 */
export class SocketLink implements Link {
  readonly events = new Emitter<LinkEvents>();
  readonly #url: string;
  #socket: WebSocket | null = null;
  #wait = FIRST_WAIT_MS;
  #retry: ReturnType<typeof setTimeout> | undefined;
  #pinger: ReturnType<typeof setInterval> | undefined;
  #heard = 0;
  #closed = false;

  constructor(url: string) {
    this.#url = url;
    window.addEventListener('online', this.#hurry);
    document.addEventListener('visibilitychange', this.#hurry);
    this.#connect();
  }

  send(message: ClientMessage): boolean {
    if (this.#socket?.readyState !== WebSocket.OPEN) {
      return false;
    }
    this.#socket.send(JSON.stringify(message));
    return true;
  }

  renew(): void {
    const socket = this.#socket;
    if (socket?.readyState === WebSocket.OPEN) {
      this.#socket = null;
      socket.close();
      this.#connect();
    }
  }

  close(): void {
    this.#closed = true;
    clearTimeout(this.#retry);
    clearInterval(this.#pinger);
    window.removeEventListener('online', this.#hurry);
    document.removeEventListener('visibilitychange', this.#hurry);
    this.#socket?.close();
  }

  #connect(): void {
    const socket = new WebSocket(this.#url);
    this.#socket = socket;
    socket.addEventListener('open', () => {
      this.#wait = FIRST_WAIT_MS;
      this.#heard = performance.now();
      clearInterval(this.#pinger);
      this.#pinger = setInterval(() => this.#ping(), PING_MS);
      this.events.emit('opened', null);
      this.#ping();
    });
    socket.addEventListener('message', ({ data }) => {
      this.#heard = performance.now();
      const message = parseServerMessage(String(data));
      if (message) {
        this.events.emit('message', message);
      }
    });
    socket.addEventListener('close', ({ code }) => {
      if (this.#socket === socket) {
        this.#lost(REFUSED.has(code));
      }
    });
  }

  #lost(final: boolean): void {
    this.#socket = null;
    clearInterval(this.#pinger);
    this.events.emit('closed', { final: final || this.#closed });
    if (!final && !this.#closed) {
      this.#retry = setTimeout(
        () => this.#connect(),
        this.#wait * (0.75 + Math.random() / 2),
      );
      this.#wait = Math.min(this.#wait * 2, LONGEST_WAIT_MS);
    }
  }

  #ping(): void {
    if (performance.now() - this.#heard > SILENCE_MS) {
      // Asleep or unplugged: closing handshakes would wait for minutes.
      const socket = this.#socket;
      this.#lost(false);
      socket?.close();
      return;
    }
    this.send({ type: 'clock', t: performance.now() });
  }

  readonly #hurry = (): void => {
    if (document.visibilityState === 'hidden' || this.#closed) {
      return;
    }
    if (this.#socket === null) {
      clearTimeout(this.#retry);
      this.#connect();
    } else if (this.#socket.readyState === WebSocket.OPEN) {
      this.#ping();
    }
  };
}
