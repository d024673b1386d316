import type { Shape } from '../geometry/frames';
import type { Session } from '../session/Session';
import type { PaintGround } from '../tools/paint/PaintGround';
import { burnMarks } from '../viewer/burnMarks';
import type { SliceValues } from '../viewer/cutPlane';
import type { Prompt } from '../wire/Prompt';

/** The mask and the image as the reader sees them, and what is locked. */
export class DeskGround implements PaintGround {
  readonly shape: Shape;
  /** labels that paint leaves as they are */
  locked = $state.raw<ReadonlySet<number>>(new Set());
  readonly #session: Session;
  readonly #unanswered: () => readonly Prompt[];
  readonly #picture: (slice: number) => SliceValues | null;

  /**
   * @param unanswered marks that no answer contains yet
   * @param picture the image's values of a slice, once they have come
   */
  constructor(
    shape: Shape,
    session: Session,
    unanswered: () => readonly Prompt[],
    picture: (slice: number) => SliceValues | null,
  ) {
    this.shape = shape;
    this.#session = session;
    this.#unanswered = unanswered;
    this.#picture = picture;
  }

  labels(slice: number): Uint8Array | null {
    return burnMarks(
      this.#session.mask.slice(slice),
      this.#unanswered(),
      slice,
      this.shape,
    );
  }

  values(slice: number): ((offset: number) => number) | null {
    const picture = this.#picture(slice);
    if (!picture) {
      return null;
    }
    const { values, channels, slope, intercept } = picture;
    return (offset) =>
      (values[offset * channels] as number) * slope + intercept;
  }

  mayReplace(label: number): boolean {
    return !this.locked.has(label);
  }

  toggleLock(label: number): void {
    const locked = new Set(this.locked);
    if (!locked.delete(label)) {
      locked.add(label);
    }
    this.locked = locked;
  }
}
