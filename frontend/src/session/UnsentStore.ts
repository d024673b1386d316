import type {
  BackMessage,
  CancelMessage,
  RedoMessage,
  RemoveMessage,
  StopMessage,
  TurnMessage,
  UndoMessage,
} from '../wire/ClientMessage';

/** What must reach the server, in this order, whatever happens to the page. */
export type Errand =
  | TurnMessage
  | UndoMessage
  | BackMessage
  | RedoMessage
  | RemoveMessage
  | CancelMessage
  | StopMessage;

/**
 * Errands not yet acknowledged, kept in the browser's storage before they are
 * sent: written at once, so a tab killed between stroke and answer loses
 * nothing. Where storage refuses (private mode, full), they live in memory and
 * `durable` says so.
 */
export class UnsentStore {
  readonly #key: string;
  readonly #storage: Pick<Storage, 'getItem' | 'setItem' | 'removeItem'>;
  #errands: readonly Errand[];
  #durable = true;

  constructor(
    sessionId: string,
    storage: Pick<Storage, 'getItem' | 'setItem' | 'removeItem'>,
  ) {
    this.#key = `slicewise:unsent:${sessionId}`;
    this.#storage = storage;
    this.#errands = this.#read();
  }

  get errands(): readonly Errand[] {
    return this.#errands;
  }

  get durable(): boolean {
    return this.#durable;
  }

  add(errand: Errand): void {
    this.#write([...this.#errands, errand]);
  }

  remove(gone: (errand: Errand) => boolean): void {
    const left = this.#errands.filter((errand) => !gone(errand));
    if (left.length !== this.#errands.length) {
      this.#write(left);
    }
  }

  /** Take up what another page has kept. */
  reread(): void {
    this.#errands = this.#read();
  }

  /** Leave what is kept to another page. */
  forget(): void {
    this.#errands = [];
  }

  #read(): readonly Errand[] {
    try {
      const kept: unknown = JSON.parse(
        this.#storage.getItem(this.#key) ?? '[]',
      );
      return Array.isArray(kept) ? (kept as Errand[]) : [];
    } catch {
      // Unreadable storage is as good as none.
      this.#durable = false;
      return [];
    }
  }

  #write(errands: readonly Errand[]): void {
    this.#errands = errands;
    try {
      if (errands.length === 0) {
        this.#storage.removeItem(this.#key);
      } else {
        this.#storage.setItem(this.#key, JSON.stringify(errands));
      }
      this.#durable = true;
    } catch {
      this.#durable = false;
    }
  }
}
