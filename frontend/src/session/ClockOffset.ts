/**
 * How far the server's clock is ahead of the page's, from round trips.
 *
 * The shortest round trip is the best witness: half of it bounds the error
 * (Cristian, Distributed Computing 3, 1989).
 */
export class ClockOffset {
  #offsetMs: number | null = null;
  #roundTripMs = Number.POSITIVE_INFINITY;

  /** `server_ms - performance.now()` in ms; null before the first exchange. */
  get offsetMs(): number | null {
    return this.#offsetMs;
  }

  get roundTripMs(): number {
    return this.#roundTripMs;
  }

  /** @returns whether this exchange bettered the estimate */
  exchange(sentMs: number, serverMs: number, receivedMs: number): boolean {
    const roundTrip = receivedMs - sentMs;
    if (roundTrip < 0 || roundTrip > this.#roundTripMs) {
      return false;
    }
    this.#roundTripMs = roundTrip;
    this.#offsetMs = serverMs - (sentMs + receivedMs) / 2;
    return true;
  }
}
