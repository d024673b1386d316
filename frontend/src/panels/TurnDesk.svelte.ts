import type { EventRecorder } from '../session/EventRecorder';
import { isVisitOnly } from '../session/isVisitOnly';
import type { LogTurn } from '../session/LogState';
import { nextOpenSlice } from '../session/nextOpenSlice';
import type { Session } from '../session/Session';
import { type SliceState, sliceStates } from '../session/sliceStates';
import { suggestedSlice } from '../session/suggestedSlice';
import { turnAt } from '../session/turnAt';
import { turnToRedo } from '../session/turnToRedo';
import { turnToUndo } from '../session/turnToUndo';
import type { Prompt } from '../wire/Prompt';
import { sliceOfPrompt } from '../wire/sliceOfPrompt';
import type { MarkCollector } from './MarkCollector.svelte';

/** What turns need to know of the rest of the desk. */
export interface TurnPlace {
  readonly slice: number;
  readonly count: number;
  readonly writable: boolean;
  readonly collector: MarkCollector;
  goto(slice: number): void;
  /** say what a code stands for */
  tell(code: string): void;
  /** what is shown of marks is not what it was */
  redraw(): void;
}

/** The reader's way with the log: what was done, and what may be done to it. */
export class TurnDesk {
  states = $state.raw<readonly SliceState[]>([]);
  quality = $state.raw<ReadonlyMap<number, number>>(new Map());
  /** the propagation that is being answered */
  propagation = $state.raw<LogTurn | null>(null);
  /** whether it was stopped, and only what has come is made sure of */
  keeping = $state(false);
  /** turns of the log and those that redo brings back, as they were made */
  history = $state.raw<readonly LogTurn[]>([]);
  historyOpen = $state(false);
  /** the turn whose marks are shown in full */
  selected = $state<string | null>(null);
  canUndo = $state(false);
  canRedo = $state(false);
  readonly #session: Session;
  readonly #recorder: EventRecorder;
  readonly #kinds: readonly string[];
  readonly #place: TurnPlace;

  /** @param kinds prompts that the engine takes */
  constructor(
    session: Session,
    recorder: EventRecorder,
    kinds: readonly string[],
    place: TurnPlace,
  ) {
    this.#session = session;
    this.#recorder = recorder;
    this.#kinds = kinds;
    this.#place = place;
    this.changed();
  }

  /** Log or mask are not what they were. */
  changed(): void {
    const { log, mask } = this.#session;
    this.states = sliceStates(log, mask.known, this.#place.count);
    this.quality = new Map(this.#session.quality);
    this.propagation =
      this.#session.pending.find(({ prompts }) =>
        prompts.some(({ kind }) => kind === 'propagate'),
      ) ?? null;
    this.keeping =
      this.propagation !== null &&
      (this.#session.stopping(this.propagation.id) ||
        this.propagation.prompts.some(
          (prompt) => prompt.kind === 'propagate' && prompt.count !== null,
        ));
    this.history = log.turns.filter(
      (turn) =>
        turn.state !== 'discarded' &&
        turn.failure === null &&
        !isVisitOnly(turn.prompts),
    );
    if (!this.history.some(({ id }) => id === this.selected)) {
      this.selected = null;
    }
    this.canUndo =
      turnToUndo(log) !== null || this.#place.collector.marks.length > 0;
    this.canRedo = turnToRedo(log) !== null;
  }

  /** Take back what was done last; first what is not even sent. */
  undo(): void {
    const { writable, collector } = this.#place;
    if (writable && this.canUndo && !collector.dropLast()) {
      this.#show(turnToUndo(this.#session.log));
      this.#session.undo();
    }
  }

  redo(): void {
    if (this.#place.writable && this.canRedo) {
      this.#show(turnToRedo(this.#session.log));
      this.#session.redo();
    }
  }

  /**
   * "This slice is right": on to the next that is not, which is asked for in one
   * turn. An engine that hears of no accepting only goes on.
   */
  accept(): void {
    const { slice, count, writable } = this.#place;
    const accepts = this.#kinds.includes('accept');
    const open = nextOpenSlice(this.states, slice);
    const beside = slice + 1 < count ? slice + 1 : null;
    const next = accepts ? open : beside;
    const again =
      next !== null &&
      (this.states[next] === 'untouched' || this.states[next] === 'predicted');
    const prompts: readonly Prompt[] = [
      ...(accepts ? [{ kind: 'accept', slice } as const] : []),
      ...(again && this.#kinds.includes('visit')
        ? [{ kind: 'visit', slice: next } as const]
        : []),
    ];
    if (writable) {
      this.#recorder.record('accept', { slice });
      if (prompts.length > 0) {
        this.#place.collector.send();
        this.#session.take(prompts);
      }
      if (accepts && next === null) {
        this.#place.tell('viewer:all-accepted');
      }
    }
    if (next !== null) {
      this.#place.goto(next);
    }
  }

  /** Take a turn out of the log, wherever it stands. */
  remove(id: string): void {
    const turn = this.history.find((known) => known.id === id);
    if (this.#place.writable && turn?.state === 'active') {
      this.#show(turn);
      this.#session.remove(id);
    }
  }

  /**
   * Make a turn the last: undo what came after it, or, where it was itself
   * undone, bring back all up to it.
   */
  backTo(id: string): void {
    const turn = this.history.find((known) => known.id === id);
    if (!this.#place.writable || !turn) {
      return;
    }
    this.#show(turn);
    if (turn.state === 'active') {
      this.#session.back(id);
      return;
    }
    const sooner = this.history.filter(
      ({ state, undoneAt }) =>
        state === 'undone' && (undoneAt ?? 0) >= (turn.undoneAt ?? 0),
    );
    for (const _ of sooner) {
      this.#session.redo();
    }
  }

  /** Show a turn's slice and its marks; again, no longer. */
  select(id: string): void {
    this.selected = this.selected === id ? null : id;
    this.#place.redraw();
    this.#show(this.history.find((turn) => turn.id === this.selected) ?? null);
  }

  unselect(): void {
    this.selected = null;
    this.#place.redraw();
  }

  /** Select the newest turn with a mark at a place of the shown slice. */
  pick(row: number, column: number, reach: number): void {
    const { slice } = this.#place;
    this.choose(turnAt(this.history, slice, [row, column], reach));
  }

  /** Let a turn's marks stand out that were pointed at; null: none. */
  choose(turn: LogTurn | null): void {
    this.selected = turn?.id ?? null;
    this.historyOpen ||= turn !== null;
    this.#place.redraw();
  }

  /** The marks of the selected turn. */
  get selectedPrompts(): readonly Prompt[] {
    return this.history.find(({ id }) => id === this.selected)?.prompts ?? [];
  }

  /** Whether the engine carries a slice through the volume. */
  get propagates(): boolean {
    return this.#kinds.includes('propagate');
  }

  /** The slice with the worst mask that is not accepted; null if unknown. */
  get suggested(): number | null {
    return suggestedSlice(this.states, this.quality);
  }

  /** Carry the shown slice's mask on: up, down, or (0) both ways. */
  propagate(direction: 1 | -1 | 0): void {
    const { slice, writable } = this.#place;
    if (writable && this.propagates && !this.propagation) {
      this.#place.collector.send();
      this.#session.take([
        { kind: 'propagate', slice, direction, count: null },
      ]);
    }
  }

  /** End the propagation where it is: the slices that have come stay. */
  stopPropagation(): void {
    if (this.propagation && !this.keeping) {
      this.#session.stop(this.propagation.id);
    }
  }

  /** Give up the newest answer being made; of a propagation only what is left. */
  giveUp(): void {
    if (this.propagation?.id === this.#session.pending.at(-1)?.id) {
      this.stopPropagation();
    } else {
      this.#session.cancel();
    }
  }

  gotoSuggested(): void {
    if (this.suggested !== null) {
      this.#recorder.record('scroll', {
        from: this.#place.slice,
        to: this.suggested,
      });
      this.#place.goto(this.suggested);
    }
  }

  /** Show the slice on which an undo or redo will act. */
  #show(turn: LogTurn | null): void {
    const prompt = turn?.prompts.find(({ kind }) => kind !== 'visit');
    if (prompt) {
      this.#place.goto(sliceOfPrompt(prompt));
    }
  }
}
