/** Scrolling past a slice changes nothing beside the picture. */
const REST_MS = 400;

/**
 * The slice that the reader stays on, for what is told beside the picture.
 *
 * Told with the picture, all between it and the other end of the page would be
 * composed anew, and the next slice has to wait for that.
 */
export class RestedSlice {
  slice = $state(0);
  #timer: ReturnType<typeof setTimeout> | undefined;

  /** Another slice is on the screen. */
  moveTo(slice: number): void {
    clearTimeout(this.#timer);
    this.#timer = setTimeout(() => {
      this.slice = slice;
    }, REST_MS);
  }

  stop(): void {
    clearTimeout(this.#timer);
  }
}
