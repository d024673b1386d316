import type { EventRecorder } from '../session/EventRecorder';
import type { Session } from '../session/Session';
import type { Prompt } from '../wire/Prompt';

type Shelf = Pick<Storage, 'getItem' | 'setItem' | 'removeItem'>;

const MODE_KEY = 'slicewise:on-demand';

/**
 * Where marks go: to the engine one by one, or, on demand, collected here
 * until the reader sends them as one turn. Collected marks outlive the page.
 */
export class MarkCollector {
  /** whether the engine waits to be asked */
  onDemand = $state(false);
  /** marks not sent yet, each with all its prompts */
  marks = $state.raw<readonly (readonly Prompt[])[]>([]);
  readonly #session: Session;
  readonly #recorder: EventRecorder;
  readonly #shelf: Shelf;
  readonly #key: string;
  readonly #changed: () => void;

  /** @param changed called when marks are collected, sent or dropped */
  constructor(
    session: Session,
    recorder: EventRecorder,
    sessionId: string,
    shelf: Shelf,
    changed: () => void,
  ) {
    this.#session = session;
    this.#recorder = recorder;
    this.#shelf = shelf;
    this.#key = `slicewise:collected:${sessionId}`;
    this.#changed = changed;
    this.onDemand = shelf.getItem(MODE_KEY) === 'yes';
    this.marks = this.#read();
  }

  /** All prompts that are collected, in order. */
  get prompts(): readonly Prompt[] {
    return this.marks.flat();
  }

  /** A mark was made. */
  take(prompts: readonly Prompt[]): void {
    if (this.onDemand) {
      this.#keep([...this.marks, prompts]);
    } else {
      this.#session.take(prompts);
    }
  }

  /** Send what is collected as one turn. */
  send(): void {
    const { prompts } = this;
    if (prompts.length > 0) {
      this.#session.take(prompts);
      this.#keep([]);
    }
  }

  /** Drop the mark collected last. @returns whether there was one */
  dropLast(): boolean {
    const any = this.marks.length > 0;
    if (any) {
      this.#recorder.record('undo', { collected: this.marks.length });
      this.#keep(this.marks.slice(0, -1));
    }
    return any;
  }

  /** Answer every mark, or on demand; what is collected goes along. */
  setOnDemand(on: boolean): void {
    this.onDemand = on;
    this.#shelf.setItem(MODE_KEY, on ? 'yes' : 'no');
    this.#recorder.record('panel', { on_demand: on });
    if (!on) {
      this.send();
    }
  }

  #keep(marks: readonly (readonly Prompt[])[]): void {
    this.marks = marks;
    if (marks.length === 0) {
      this.#shelf.removeItem(this.#key);
    } else {
      this.#shelf.setItem(this.#key, JSON.stringify(marks));
    }
    this.#changed();
  }

  #read(): readonly (readonly Prompt[])[] {
    try {
      const kept: unknown = JSON.parse(this.#shelf.getItem(this.#key) ?? '[]');
      return Array.isArray(kept) ? kept : [];
    } catch {
      // Unreadable storage is as good as none.
      return [];
    }
  }
}
