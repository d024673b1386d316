/** Less than this is a touch pad's glide; a mouse's notch is 100 or 120. */
const NOTCH_PIXELS = 50;
const LINE_PIXELS = 40;

/** Wheel events to whole notches: one per event of a mouse, a sum of glides. */
export class WheelNotches {
  #sum = 0;

  /** @returns -1, 0 or 1 */
  take(event: Pick<WheelEvent, 'deltaY' | 'deltaMode'>): number {
    const pixels =
      event.deltaMode === 0 ? event.deltaY : event.deltaY * LINE_PIXELS;
    if (Math.abs(pixels) >= NOTCH_PIXELS) {
      this.#sum = 0;
      return Math.sign(pixels);
    }
    if (Math.sign(pixels) !== Math.sign(this.#sum)) {
      this.#sum = 0;
    }
    this.#sum += pixels;
    if (Math.abs(this.#sum) >= NOTCH_PIXELS) {
      const notch = Math.sign(this.#sum);
      this.#sum = 0;
      return notch;
    }
    return 0;
  }
}
