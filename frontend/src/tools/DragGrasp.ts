import type { CanvasPoint } from '../geometry/frames';
import type { Grasp } from './PaneHand';

/** A drag that changes how something is looked at, step by step. */
export class DragGrasp implements Grasp {
  readonly marks = false;
  readonly #dragged: (right: number, down: number, at: CanvasPoint) => void;
  #at: CanvasPoint;

  /** @param dragged told how far (CSS pixels) the pointer went, and where to */
  constructor(
    from: CanvasPoint,
    dragged: (right: number, down: number, at: CanvasPoint) => void,
  ) {
    this.#at = from;
    this.#dragged = dragged;
  }

  move(path: readonly CanvasPoint[]): void {
    const at = path.at(-1) ?? this.#at;
    const [x, y] = this.#at;
    this.#at = at;
    this.#dragged(at[0] - x, at[1] - y, at);
  }

  end(): void {}

  giveUp(): void {}
}
