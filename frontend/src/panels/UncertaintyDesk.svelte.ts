import type { EventRecorder } from '../session/EventRecorder';
import type { Session } from '../session/Session';
import { asWireError } from '../wire/asWireError';
import type { UncertaintyMessage } from '../wire/ServerMessage';
import {
  type UncertainSlice,
  unpackUncertainty,
} from '../wire/unpackUncertainty';
import type { NoticeBoard } from './NoticeBoard.svelte';

/** Scrolling past a slice asks nothing. */
const STAY_MS = 120;

/**
 * How unsure the engine is of the slice on the screen: asked for while it is
 * wanted, when the reader stays on a slice and when an answer changes it.
 */
export class UncertaintyDesk {
  /** whether it is wanted */
  on = $state(false);
  shown = $state.raw<UncertainSlice | null>(null);
  /** whether nothing is known of the slice; false while it is asked for */
  unknown = $state(false);
  readonly #session: Session;
  readonly #recorder: EventRecorder;
  readonly #board: NoticeBoard;
  #slice: number;
  #question: string | null = null;
  #timer: ReturnType<typeof setTimeout> | undefined;

  constructor(
    session: Session,
    recorder: EventRecorder,
    board: NoticeBoard,
    slice: number,
  ) {
    this.#session = session;
    this.#recorder = recorder;
    this.#board = board;
    this.#slice = slice;
    session.events.on('mask', ({ slices, cause }) => {
      // Better ones follow, unless it is final; a whole mask is of another log.
      if (cause === null || (cause.final && slices.includes(this.#slice))) {
        this.#ask();
      }
    });
    session.events.on('uncertainty', (message) => {
      this.#take(message).catch((error: unknown) =>
        this.#board.tell(asWireError(error)),
      );
    });
  }

  toggle(): void {
    this.on = !this.on;
    this.#recorder.record('panel', { uncertainty: this.on });
    this.#forget();
    this.#ask();
  }

  /** Another slice is on the screen. */
  moveTo(slice: number): void {
    this.#slice = slice;
    this.#forget();
    this.#ask();
  }

  stop(): void {
    clearTimeout(this.#timer);
  }

  #forget(): void {
    this.shown = null;
    this.unknown = false;
    this.#question = null;
  }

  #ask(): void {
    clearTimeout(this.#timer);
    if (!this.on) {
      return;
    }
    this.#timer = setTimeout(() => {
      this.#question = this.#session.askUncertainty(this.#slice);
      this.unknown = this.#question === null;
    }, STAY_MS);
  }

  async #take({ id, map }: UncertaintyMessage): Promise<void> {
    if (id !== this.#question) {
      return;
    }
    const shown = map && (await unpackUncertainty(map));
    // Only now: the reader may have gone on meanwhile.
    if (id === this.#question) {
      this.shown = shown;
      this.unknown = shown === null;
    }
  }
}
