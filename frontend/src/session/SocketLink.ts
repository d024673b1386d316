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
/** Where packets are lost a browser would wait for a handshake for minutes. */
const HANDSHAKE_MS = 8_000;

/**
 * A WebSocket that comes back: waits 0.25 s, doubling to 5 s, with jitter; at
 * once when the network or the page returns. Pings carry the clock exchange,
 * and find out at once whether a changed network still reaches the server.
 */
export class SocketLink implements Link {
  readonly events = new Emitter<LinkEvents>();
  readonly #url: string;
  #socket: WebSocket | null = null;
  #wait = FIRST_WAIT_MS;
  #retry: ReturnType<typeof setTimeout> | undefined;
  #pinger: ReturnType<typeof setInterval> | undefined;
  #doubt: ReturnType<typeof setTimeout> | undefined;
  #heard = 0;
  #closed = false;

  constructor(url: string) {
    this.#url = url;
    window.addEventListener('online', this.#networkChanged);
    window.addEventListener('offline', this.#networkChanged);
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
    clearTimeout(this.#doubt);
    window.removeEventListener('online', this.#networkChanged);
    window.removeEventListener('offline', this.#networkChanged);
    document.removeEventListener('visibilitychange', this.#hurry);
    this.#socket?.close();
  }

  #connect(): void {
    const socket = new WebSocket(this.#url);
    this.#socket = socket;
    this.#giveUpUnlessHeard(HANDSHAKE_MS);
    socket.addEventListener('open', () => {
      this.#heard = performance.now();
      clearInterval(this.#pinger);
      this.#pinger = setInterval(() => this.#ping(), PING_MS);
      this.events.emit('opened', null);
      this.#ping();
    });
    socket.addEventListener('message', ({ data }) => {
      this.#heard = performance.now();
      // A server that opens and closes again is not yet back.
      this.#wait = FIRST_WAIT_MS;
      clearTimeout(this.#doubt);
      const message = parseServerMessage(String(data));
      if (message) {
        this.events.emit('message', message);
      }
    });
    socket.addEventListener('close', ({ code }) => {
      if (this.#socket === socket) {
        this.#lost(REFUSED.has(code) ? code : null);
      }
    });
  }

  #lost(refusal: number | null): void {
    this.#socket = null;
    clearInterval(this.#pinger);
    clearTimeout(this.#doubt);
    const final = refusal !== null || this.#closed;
    this.events.emit('closed', { final, refusal });
    if (!final) {
      this.#retry = setTimeout(
        () => this.#connect(),
        this.#wait * (0.75 + Math.random() / 2),
      );
      this.#wait = Math.min(this.#wait * 2, LONGEST_WAIT_MS);
    }
  }

  #ping(): void {
    if (performance.now() - this.#heard > SILENCE_MS) {
      this.#abandon();
      return;
    }
    this.send({ type: 'clock', t: performance.now() });
  }

  /** Asleep or unplugged: a closing handshake would wait for minutes. */
  #abandon(): void {
    const socket = this.#socket;
    this.#lost(null);
    socket?.close();
  }

  #giveUpUnlessHeard(within: number): void {
    clearTimeout(this.#doubt);
    this.#doubt = setTimeout(() => this.#abandon(), within);
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

  /** Another cable, another net, or none: what was opened may be dead. */
  readonly #networkChanged = ({ type }: Event): void => {
    const state = this.#socket?.readyState;
    if (this.#closed || (this.#socket === null && type === 'offline')) {
      return;
    }
    if (state === WebSocket.CONNECTING) {
      // Its packets went the old way; the browser would wait long to repeat.
      this.#abandon();
      clearTimeout(this.#retry);
    }
    if (this.#socket === null) {
      clearTimeout(this.#retry);
      this.#connect();
      return;
    }
    this.#ping();
    if (this.#socket?.readyState === WebSocket.OPEN) {
      this.#giveUpUnlessHeard(PING_MS);
    }
  };
}
