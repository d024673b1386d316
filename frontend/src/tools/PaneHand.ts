import type { CanvasPoint } from '../geometry/frames';
import { TouchGesture, type TouchMove } from './TouchGesture';

/** `PointerEvent.button` of what marks, and of a pen's other end. */
export const PRIMARY = 0;
export const ERASER = 5;

/** What a pointer does from where it comes down to where it is lifted. */
export interface Grasp {
  /** whether it makes a mark: what it lies on stays until it is made */
  readonly marks: boolean;
  /** @param path where the pointer has been since the last look */
  move(path: readonly CanvasPoint[]): void;
  end(): void;
  /** as if the pointer had never come down */
  giveUp(): void;
}

/** What a pane makes of the hand on it. */
export interface HandTarget {
  /**
   * A pointer comes down.
   *
   * @param mayMark whether it draws: a finger does not where a pen is used
   * @returns null: it does nothing, a finger moves the picture
   */
  press(at: CanvasPoint, event: PointerEvent, mayMark: boolean): Grasp | null;
  /** fingers that hold nothing move the picture and bring it nearer */
  pinch(moved: TouchMove): void;
  /** the pointer is over the pane, or (null) has left it */
  hover(at: CanvasPoint | null, event: PointerEvent): void;
  /** a mark is under the hand; null: no longer */
  holds(hand: PaneHand | null): void;
}

/** So long after a pen was near (ms) a touch is the palm of its hand. */
const PALM_MS = 500;

/**
 * The hand on a pane: of all mice, pens and fingers there the one that draws or
 * drags, and the fingers that move the picture. While a pen is near, what
 * touches the pane is a palm and does nothing until it is lifted.
 */
export class PaneHand {
  readonly #pane: HTMLElement;
  readonly #target: HandTarget;
  readonly #touches = new TouchGesture();
  readonly #listening = new AbortController();
  #grasp: Grasp | null = null;
  /** the pointer that holds it */
  #hand: { readonly id: number; readonly kind: string } | null = null;
  /** when a pen was near; null: once one was, fingers only move the picture */
  #penAt: number | null = null;

  constructor(pane: HTMLElement, target: HandTarget) {
    this.#pane = pane;
    this.#target = target;
    const options = { signal: this.#listening.signal, capture: true };
    pane.addEventListener('pointerdown', this.#down, options);
    pane.addEventListener('pointermove', this.#move, options);
    pane.addEventListener('pointerup', this.#up, options);
    pane.addEventListener('pointercancel', this.#cancelled, options);
    // Whatever takes the pointer away: what was drawn so far is kept.
    pane.addEventListener('lostpointercapture', this.#up, options);
    pane.addEventListener(
      'pointerleave',
      (event) => target.hover(null, event),
      options,
    );
    pane.addEventListener('contextmenu', (e) => e.preventDefault(), options);
  }

  get marking(): boolean {
    return this.#grasp?.marks ?? false;
  }

  /** Give up what is under the hand. @returns whether that was a mark */
  cancel(): boolean {
    const grasp = this.#release();
    grasp?.giveUp();
    this.#letGo(grasp);
    return grasp?.marks ?? false;
  }

  destroy(): void {
    this.#listening.abort();
    this.cancel();
  }

  readonly #down = (event: PointerEvent): void => {
    if ((event.target as Element).closest('button')) {
      return;
    }
    const touch = event.pointerType === 'touch';
    const at = this.#pointOf(event);
    if (touch && !this.#isFinger(event)) {
      return;
    }
    if (touch) {
      this.#touches.down(event.pointerId, at);
      if (this.#touches.count > 1) {
        this.cancel();
        return;
      }
    } else if (event.pointerType === 'pen') {
      this.#penCame(event);
    }
    if (this.#grasp) {
      return;
    }
    const mayMark = !touch || this.#penAt === null;
    this.#grasp = this.#target.press(at, event, mayMark);
    if (this.#grasp) {
      this.#hand = { id: event.pointerId, kind: event.pointerType };
      this.#pane.setPointerCapture(event.pointerId);
      // Nobody below this pane takes the same pointer for something else.
      event.stopPropagation();
      if (this.#grasp.marks) {
        this.#target.holds(this);
      }
    }
  };

  /** Not a palm, and no mouse or pen at work whose picture would move. */
  #isFinger(event: PointerEvent): boolean {
    const palm =
      this.#penAt !== null && event.timeStamp - this.#penAt < PALM_MS;
    return !palm && (this.#hand === null || this.#hand.kind === 'touch');
  }

  /** What touched the pane before the pen did was its palm. */
  #penCame(event: PointerEvent): void {
    this.#penAt = event.timeStamp;
    this.#touches.clear();
    if (this.#hand?.kind === 'touch') {
      this.cancel();
    }
  }

  readonly #move = (event: PointerEvent): void => {
    const at = this.#pointOf(event);
    if (event.pointerType === 'pen') {
      this.#penAt = event.timeStamp;
    }
    const moved = this.#touches.move(event.pointerId, at);
    if (event.pointerType === 'touch' && !moved) {
      return;
    }
    if (this.#grasp) {
      if (event.pointerId !== this.#hand?.id) {
        return;
      }
      const path = event.getCoalescedEvents?.() ?? [];
      this.#grasp.move(
        (path.length > 0 ? path : [event]).map((each) => this.#pointOf(each)),
      );
    } else if (moved) {
      this.#target.pinch(moved);
    }
    this.#target.hover(at, event);
  };

  readonly #up = (event: PointerEvent): void => {
    this.#touches.up(event.pointerId);
    if (event.pointerType === 'pen') {
      this.#penAt = event.timeStamp;
    }
    if (event.pointerId === this.#hand?.id) {
      const grasp = this.#release();
      try {
        grasp?.end();
      } finally {
        this.#letGo(grasp);
      }
    }
  };

  readonly #cancelled = (event: PointerEvent): void => {
    this.#touches.up(event.pointerId);
    if (event.pointerId === this.#hand?.id) {
      this.cancel();
    }
  };

  #release(): Grasp | null {
    const grasp = this.#grasp;
    this.#grasp = null;
    this.#hand = null;
    return grasp;
  }

  #letGo(grasp: Grasp | null): void {
    if (grasp?.marks) {
      this.#target.holds(null);
    }
  }

  #pointOf(event: PointerEvent): CanvasPoint {
    const box = this.#pane.getBoundingClientRect();
    return [event.clientX - box.left, event.clientY - box.top];
  }
}
