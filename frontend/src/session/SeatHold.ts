import { Emitter } from './Emitter';
import type { Link } from './Link';

/** The server keeps a seat for 15 s. */
const ASK_MS = 5_000;
/** Who looks on asks more often, to have the seat soon after it was left. */
const WAIT_MS = 2_000;

/**
 * Of a reader's computers one writes in a session; the others look on. Where
 * the server cannot be asked, everybody writes: it takes a reader's marks from
 * wherever they come.
 */
export class SeatHold {
  readonly events = new Emitter<{ changed: null }>();
  readonly #link: Link;
  readonly #browser: string;
  #held = true;
  #wanted = false;
  #next: ReturnType<typeof setTimeout> | undefined;

  /** @param browser what all pages of this browser call themselves */
  constructor(link: Link, browser: string) {
    this.#link = link;
    this.#browser = browser;
    link.events.on('message', (message) => {
      if (!this.#wanted) {
        return;
      }
      if (message.type === 'state') {
        this.#ask(false);
      } else if (message.type === 'seat') {
        this.#hear(message.holder === browser);
      }
    });
  }

  /** Whether nobody was heard of who writes elsewhere. */
  get held(): boolean {
    return this.#held;
  }

  /** Sit down where nobody sits, else wait for it. */
  request(): void {
    this.#wanted = true;
    this.#ask(false);
  }

  /** Sit down, whoever sits there. */
  takeOver(): void {
    this.#wanted = true;
    this.#ask(true);
  }

  /** Another page of this browser asks from now on, or none. */
  release(): void {
    this.#wanted = false;
    clearTimeout(this.#next);
  }

  #ask(take: boolean): void {
    clearTimeout(this.#next);
    this.#next = setTimeout(
      () => this.#ask(false),
      this.#held ? ASK_MS : WAIT_MS,
    );
    const waits = !this.#held;
    this.#link.send({ type: 'sit', browser: this.#browser, take, waits });
  }

  #hear(held: boolean): void {
    if (held !== this.#held) {
      this.#held = held;
      this.events.emit('changed', null);
    }
  }
}
