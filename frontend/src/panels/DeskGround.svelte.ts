import type { Shape } from '../geometry/frames';
import type { Session } from '../session/Session';
import { unansweredPrompts } from '../session/unansweredPrompts';
import type { PaintGround } from '../tools/paint/PaintGround';
import { burnMarks } from '../viewer/burnMarks';
import type { SliceValues } from '../viewer/cutPlane';

/** The mask and the image as the reader sees them, and what is locked. */
export class DeskGround implements PaintGround {
  readonly shape: Shape;
  /** labels that paint leaves as they are */
  locked = $state.raw<ReadonlySet<number>>(new Set());
  readonly #session: Session;
  readonly #picture: (slice: number) => SliceValues | null;

  /** @param picture the image's values of a slice, once they have come */
  constructor(
    shape: Shape,
    session: Session,
    picture: (slice: number) => SliceValues | null,
  ) {
    this.shape = shape;
    this.#session = session;
    this.#picture = picture;
  }

  labels(slice: number): Uint8Array | null {
    const { mask, log } = this.#session;
    return burnMarks(
      mask.slice(slice),
      unansweredPrompts(log),
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
