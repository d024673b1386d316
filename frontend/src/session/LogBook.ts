import type { TurnMessage } from '../wire/ClientMessage';
import type { WireTurn } from '../wire/ServerMessage';
import type { WireError } from '../wire/WireError';
import { actionOf } from './actionOf';
import { Emitter } from './Emitter';
import type { LogState } from './LogState';
import { type LogAction, reduceLog } from './reduceLog';
import type { Errand, UnsentStore } from './UnsentStore';

/**
 * The log as the server has written it and, ahead of it, what the errands that
 * it has not answered will make of it.
 */
export class LogBook {
  readonly events = new Emitter<{ changed: LogState }>();
  readonly #store: UnsentStore;
  #written: LogState = { turns: [] };
  #ahead: LogState = { turns: [] };

  constructor(store: UnsentStore) {
    this.#store = store;
    this.foresee();
  }

  get log(): LogState {
    return this.#ahead;
  }

  add(errand: Errand): void {
    this.#store.add(errand);
    this.foresee();
  }

  /** The server has written this. */
  write(...actions: readonly LogAction[]): void {
    this.#written = actions.reduce(reduceLog, this.#written);
    this.foresee();
  }

  /** The server says what its whole log is. @param pending null: not said */
  replace(
    turns: readonly WireTurn[],
    pending: readonly string[] | null = null,
  ): void {
    this.write({
      type: 'synchronised',
      turns,
      pending: pending && new Set(pending),
    });
  }

  /** A turn has its number: it will not be lost. */
  acknowledge(id: string, seq: number): void {
    const errand = this.unwritten(id);
    if (errand) {
      this.#store.remove((e) => e === errand);
      this.write(actionOf(errand), { type: 'taken', id, seq });
    }
  }

  /** Turns that the server has written need not be sent. */
  forgetTurns(written: readonly WireTurn[]): void {
    const ids = new Set(written.map(({ id }) => id));
    this.#store.remove(
      (errand) => errand.type === 'turn' && ids.has(errand.id),
    );
  }

  /**
   * The oldest errand of a kind the server answers in turn is done.
   *
   * @returns whether there was one
   */
  settle(answered: (errand: Errand) => boolean): boolean {
    const done = this.#store.errands.find(answered);
    this.#store.remove((errand) => errand === done);
    return done !== undefined;
  }

  /** A turn was not or could not be taken: nothing more is asked of it. */
  fail(turn: string, error: WireError): void {
    this.#store.remove((e) => ('turn' in e ? e.turn : e.id) === turn);
    this.write({ type: 'failed', id: turn, error });
  }

  /** The errand of a turn that the server has not written; null: it has. */
  unwritten(turn: string): TurnMessage | null {
    const found = this.#store.errands.find(
      (errand): errand is TurnMessage =>
        errand.type === 'turn' && errand.id === turn,
    );
    return found ?? null;
  }

  /** Show at once what the server will say to the errands. */
  foresee(): void {
    this.#ahead = this.#store.errands
      .map(actionOf)
      .reduce(reduceLog, this.#written);
    this.events.emit('changed', this.#ahead);
  }
}
