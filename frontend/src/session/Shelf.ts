/** What of the browser's storage is used. */
export type KeyStorage = Pick<Storage, 'getItem' | 'setItem' | 'removeItem'>;

/**
 * What this browser keeps under a key, and nothing else: storage that is full
 * or forbidden throws, and must not end what a reader is doing.
 */
export class Shelf {
  readonly #storage: KeyStorage;

  constructor(storage: KeyStorage) {
    this.#storage = storage;
  }

  read(key: string): string | null {
    try {
      return this.#storage.getItem(key);
    } catch {
      return null;
    }
  }

  /** @returns whether it outlives the page; null takes it away */
  keep(key: string, value: string | null): boolean {
    try {
      if (value === null) {
        this.#storage.removeItem(key);
      } else {
        this.#storage.setItem(key, value);
      }
      return true;
    } catch {
      return false;
    }
  }
}

/** This browser's storage; where even asking for it is forbidden, a full one. */
export function pageStorage(): KeyStorage {
  try {
    return localStorage;
  } catch {
    return {
      getItem: () => null,
      setItem: () => {
        throw new DOMException('No storage', 'QuotaExceededError');
      },
      removeItem: () => undefined,
    };
  }
}
