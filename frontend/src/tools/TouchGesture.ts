import type { CanvasPoint } from '../geometry/frames';

/** What two fingers, or one, have done since the last look. */
export interface TouchMove {
  /** CSS pixels that the middle of the fingers went */
  readonly right: number;
  readonly down: number;
  /** how much further apart the fingers are; 1 for one finger */
  readonly factor: number;
  /** where the middle of the fingers was before, CSS pixels in the pane */
  readonly middle: CanvasPoint;
}

/** The fingers on the pane, each by its pointer's id. */
export class TouchGesture {
  readonly #fingers = new Map<number, CanvasPoint>();

  get count(): number {
    return this.#fingers.size;
  }

  down(id: number, at: CanvasPoint): void {
    this.#fingers.set(id, at);
  }

  /** @returns null for a pointer that is no finger on the pane */
  move(id: number, at: CanvasPoint): TouchMove | null {
    if (!this.#fingers.has(id)) {
      return null;
    }
    const before = this.#measure();
    this.#fingers.set(id, at);
    const after = this.#measure();
    return {
      right: after.middle[0] - before.middle[0],
      down: after.middle[1] - before.middle[1],
      factor: before.apart > 0 ? after.apart / before.apart : 1,
      middle: before.middle,
    };
  }

  up(id: number): void {
    this.#fingers.delete(id);
  }

  /** What is on the pane still is no finger. */
  clear(): void {
    this.#fingers.clear();
  }

  #measure(): { middle: CanvasPoint; apart: number } {
    const [first, second = first] = [...this.#fingers.values()];
    const [a, b] = [first as CanvasPoint, second as CanvasPoint];
    return {
      middle: [(a[0] + b[0]) / 2, (a[1] + b[1]) / 2],
      apart: Math.hypot(a[0] - b[0], a[1] - b[1]),
    };
  }
}

/** A picture that comes nearer to what is in the middle of its pane. */
export interface PinchedPicture {
  /** @returns the factor that it has come nearer by: there are bounds */
  zoomBy(factor: number): number;
  panBy(right: number, down: number): void;
}

/** Move a picture as the fingers on it do, who are not in the pane's middle. */
export function pinch(
  picture: PinchedPicture,
  { right, down, factor, middle }: TouchMove,
  pane: Pick<Element, 'clientWidth' | 'clientHeight'>,
): void {
  const nearer = 1 - picture.zoomBy(factor);
  picture.panBy(
    right + (middle[0] - pane.clientWidth / 2) * nearer,
    down + (middle[1] - pane.clientHeight / 2) * nearer,
  );
}
