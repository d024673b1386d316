import type { EventRecorder } from '../session/EventRecorder';
import type { LogTurn } from '../session/LogState';
import type { Session } from '../session/Session';
import type { Refusal } from '../session/SessionEvents';
import type { Shelf } from '../session/Shelf';
import type { Prompt } from '../wire/Prompt';
import { groupWithin } from '../wire/splitPrompts';

/** All prompts of one stroke, box or whatever was made at once. */
type Mark = readonly Prompt[];

const MODE_KEY = 'slicewise:on-demand';

/**
 * Where marks go: to the engine one by one, or, on demand, collected here
 * until the reader sends them in one turn (in more where one cannot hold them).
 * Collected marks outlive the page; what the server does not take comes back.
 */
export class MarkCollector {
  /** whether the engine waits to be asked */
  onDemand = $state(false);
  /** marks not sent yet, each with all its prompts */
  marks = $state.raw<readonly Mark[]>([]);
  /** whether they outlive the page: not where the browser's storage is full */
  durable = $state(true);
  readonly #session: Session;
  readonly #recorder: EventRecorder;
  readonly #shelf: Shelf;
  readonly #key: string;
  readonly #changed: () => void;
  /** marks of the turns they went in, until the turns are taken */
  readonly #sent = new Map<string, readonly Mark[]>();
  /** One of these was refused: each goes alone, so that the others get through. */
  #apart = false;

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
    this.onDemand = shelf.read(MODE_KEY) === 'yes';
    this.marks = this.#read();
  }

  /** All prompts that are collected, in order. */
  get prompts(): readonly Prompt[] {
    return this.marks.flat();
  }

  /** A mark was made. */
  take(prompts: Mark): void {
    if (this.onDemand) {
      this.#keep([...this.marks, prompts]);
    } else {
      this.#send([prompts]);
    }
  }

  /** Send what is collected, in as few turns as can hold it. */
  send(): void {
    const { marks } = this;
    if (marks.length === 0) {
      return;
    }
    const groups = this.#apart
      ? marks.map((mark) => [mark])
      : groupWithin(marks);
    this.#apart = false;
    for (const group of groups) {
      this.#send(group);
    }
    this.#keep([]);
  }

  /**
   * Marks that the server did not take are collected again. One that can be in
   * no turn at all, wherever it is sent, is not: the reader is told why.
   */
  takeBack({ turn, prompts, error }: Refusal): void {
    const drawn = prompts.filter(({ kind }) => !WORDS.has(kind));
    // Which prompts were one mark is not known any more of an earlier page.
    const marks = this.#sent.get(turn) ?? drawn.map((prompt) => [prompt]);
    const wrong = error.code.startsWith('prompt:');
    this.#sent.delete(turn);
    if (marks.length > (wrong ? 1 : 0)) {
      this.#apart ||= wrong;
      this.#keep([...marks, ...this.marks]);
    }
  }

  /** Turns that are written down come back no more. */
  written(turns: readonly Pick<LogTurn, 'id' | 'seq'>[]): void {
    if (this.#sent.size === 0) {
      return;
    }
    for (const { id, seq } of turns) {
      if (seq !== null) {
        this.#sent.delete(id);
      }
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
    this.#shelf.keep(MODE_KEY, on ? 'yes' : 'no');
    this.#recorder.record('panel', { on_demand: on });
    if (!on) {
      this.send();
    }
  }

  /** This page writes from now on: also what another one has collected. */
  resume(): void {
    this.marks = this.#read();
    this.#changed();
  }

  /** Another page writes from now on: what is collected is that one's. */
  standAside(): void {
    this.marks = [];
    this.#changed();
  }

  #send(marks: readonly Mark[]): void {
    const [turn, ...more] = this.#session.take(marks.flat());
    if (turn !== undefined && more.length === 0) {
      this.#sent.set(turn, marks);
    }
  }

  #keep(marks: readonly Mark[]): void {
    this.marks = marks;
    this.durable = this.#shelf.keep(
      this.#key,
      marks.length > 0 ? JSON.stringify(marks) : null,
    );
    this.#changed();
  }

  #read(): readonly Mark[] {
    try {
      const kept: unknown = JSON.parse(this.#shelf.read(this.#key) ?? '[]');
      return Array.isArray(kept) ? kept : [];
    } catch {
      // Unreadable storage is as good as none.
      return [];
    }
  }
}

/** What is said of a slice, and no mark on it. */
const WORDS: ReadonlySet<string> = new Set(['visit', 'accept', 'propagate']);
