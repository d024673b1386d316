import type { Shape } from '../geometry/frames';
import type { PackedRegion } from '../wire/PackedRegion';
import { unpackLabels } from '../wire/unpackLabels';
import { isVisitOnly } from './isVisitOnly';
import type { LogState } from './LogState';
import { MaskVolume } from './MaskVolume';
import { needsVisit } from './needsVisit';
import type { Session } from './Session';

/** How far around the slice looked at. */
const AWAY = [1, -1] as const;
/** What lies further from the reader is asked for again when they come back. */
const KEPT_AWAY = 8;

/**
 * What the slices beside the reader would show, before they are visited: asked
 * for while the engine rests, shown until a visit of the slice is answered, and
 * no part of the mask. A mark ends it: the model may think otherwise then.
 */
export class Foresight {
  readonly #session: Session;
  readonly #seen: (slice: number) => void;
  readonly #shape: Shape;
  #masks: MaskVolume;
  #wish: string | null = null;
  #around = -1;
  #marks: string;

  /** @param seen called with each slice that was foreseen */
  constructor(session: Session, seen: (slice: number) => void) {
    this.#session = session;
    this.#seen = seen;
    this.#shape = session.mask.shape;
    this.#masks = new MaskVolume(this.#shape);
    this.#marks = marksOf(session.log);
    session.events.on('log', (log) => this.#check(log));
    session.events.on('foreseen', ({ wish, slices }) => {
      this.#take(wish, slices).catch(() => {
        // Unreadable: the visit itself will say so.
        this.#forget();
      });
    });
  }

  /** Labels of a slice as they were foreseen; null where nothing was. */
  labels(slice: number): Uint8Array | null {
    return this.#masks.slice(slice);
  }

  /** The reader stays on a slice, and nothing else is to be done. */
  lookAround(slice: number): void {
    if (slice === this.#around) {
      return;
    }
    const { log, mask } = this.#session;
    const slices = AWAY.map((away) => slice + away).filter(
      (z) =>
        z >= 0 &&
        z < this.#shape[0] &&
        needsVisit(log, mask.known, z) &&
        !this.#masks.slice(z),
    );
    this.#around = slice;
    this.#wish = slices.length > 0 ? this.#session.foresee(slices) : null;
  }

  async #take(wish: string, slices: readonly PackedRegion[]): Promise<void> {
    const regions = await Promise.all(
      slices.map(async ({ start, stop, ...packed }) => ({
        start,
        stop,
        labels: await unpackLabels({ start, stop, ...packed }),
      })),
    );
    // Only now: a mark may have been made meanwhile.
    if (wish !== this.#wish) {
      return;
    }
    const { known } = this.#session.mask;
    this.#masks.drop(
      (z) => Math.abs(z - this.#around) > KEPT_AWAY || known.has(z),
    );
    for (const region of regions) {
      for (const slice of this.#masks.write(region, 1)) {
        this.#seen(slice);
      }
    }
  }

  #check(log: LogState): void {
    const marks = marksOf(log);
    if (marks !== this.#marks) {
      this.#marks = marks;
      this.#forget();
    }
  }

  #forget(): void {
    this.#masks = new MaskVolume(this.#shape);
    this.#wish = null;
    this.#around = -1;
  }
}

/** Which turns, of those that are more than a look, are in the log. */
function marksOf({ turns }: LogState): string {
  return turns
    .filter(
      (turn) =>
        turn.state === 'active' &&
        turn.failure === null &&
        !isVisitOnly(turn.prompts),
    )
    .map(({ id }) => id)
    .join(' ');
}
