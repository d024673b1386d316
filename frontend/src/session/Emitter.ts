type Listener<Detail> = (detail: Detail) => void;

/** Tells those who listen; `Events` maps each name to its detail. */
export class Emitter<Events extends object> {
  readonly #listeners = new Map<keyof Events, Set<Listener<never>>>();

  /** @returns a function that stops listening */
  on<Name extends keyof Events>(
    name: Name,
    listener: Listener<Events[Name]>,
  ): () => void {
    const listeners = this.#listeners.get(name) ?? new Set();
    this.#listeners.set(name, listeners.add(listener as Listener<never>));
    return () => listeners.delete(listener as Listener<never>);
  }

  emit<Name extends keyof Events>(name: Name, detail: Events[Name]): void {
    for (const listener of this.#listeners.get(name) ?? []) {
      (listener as Listener<Events[Name]>)(detail);
    }
  }
}
