import type { Prompt } from '../wire/Prompt';
import { needsVisit } from './needsVisit';
import type { Session } from './Session';

/** Scrolling past a slice is no visit. */
const STAY_MS = 150;
/** So long a hand has to rest that does not draw its next stroke. */
const REST_MS = 600;

/** Asks for a first prediction of a slice that the reader stays on. */
export class VisitPlanner {
  readonly #session: Session;
  readonly #rests: (slice: number) => void;
  readonly #drawing: () => boolean;
  #resting: ReturnType<typeof setTimeout> | undefined;
  #timer: ReturnType<typeof setTimeout> | undefined;
  #planned = -1;
  #slice = -1;
  /** Asked once per stay: a refusal is not to be asked for again and again. */
  #asked = -1;

  /**
   * @param rests called when the reader stays and there is nothing to do
   * @param drawing whether the hand makes a mark
   */
  constructor(
    session: Session,
    rests: (slice: number) => void,
    drawing: () => boolean,
  ) {
    this.#session = session;
    this.#rests = rests;
    this.#drawing = drawing;
    session.events.on('status', () => this.#plan());
  }

  /** Whether nothing is about to be asked. */
  get idle(): boolean {
    return this.#timer === undefined;
  }

  /** The reader looks at `slice` now. */
  moveTo(slice: number): void {
    if (slice !== this.#slice) {
      this.#asked = -1;
    }
    this.#slice = slice;
    this.#plan();
  }

  stop(): void {
    clearTimeout(this.#timer);
    clearTimeout(this.#resting);
    this.#timer = undefined;
    this.#slice = -1;
  }

  #plan(): void {
    if (this.#slice === this.#planned && this.#timer !== undefined) {
      return;
    }
    clearTimeout(this.#timer);
    this.#planned = this.#slice;
    this.#timer = setTimeout(() => {
      this.#timer = undefined;
      const { log, mask, ready } = this.#session;
      if (
        this.#slice >= 0 &&
        this.#slice !== this.#asked &&
        ready &&
        needsVisit(log, mask.known, this.#slice)
      ) {
        this.#asked = this.#slice;
        const visit: Prompt = { kind: 'visit', slice: this.#slice };
        this.#session.take([visit]);
      } else {
        this.#rest();
      }
    }, STAY_MS);
  }

  /** What a resting reader is given would come in the way of the next mark. */
  #rest(): void {
    clearTimeout(this.#resting);
    this.#resting = setTimeout(() => {
      const { ready, pending } = this.#session;
      if (this.#drawing()) {
        this.#rest();
      } else if (this.#slice >= 0 && ready && pending.length === 0) {
        this.#rests(this.#slice);
      }
    }, REST_MS);
  }
}
