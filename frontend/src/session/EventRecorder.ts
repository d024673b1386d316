import type { EventData, EventKind, SessionEvent } from '../wire/SessionEvent';

/** What the recorder hands over to be sent. */
export interface EventBatch {
  readonly tab: string;
  readonly events: readonly SessionEvent[];
}

const LARGEST_BATCH = 500;
/** Browsers refuse keepalive requests of 64 KiB and more in all. */
const KEEPALIVE_BYTES = 60_000;

/**
 * Everything that happens in one page load, by the monotonic clock.
 *
 * Events stay until the server has acknowledged them; nothing is summed here.
 */
export class EventRecorder {
  readonly tab: string;
  readonly #now: () => number;
  #last = 0;
  #waiting: SessionEvent[] = [];
  readonly #sampledAt = new Map<EventKind, number>();

  constructor(tab: string, now: () => number) {
    this.tab = tab;
    this.#now = now;
  }

  record(kind: EventKind, data: EventData = {}): void {
    this.#last += 1;
    this.#waiting.push({ seq: this.#last, t: this.#now(), kind, data });
  }

  /** Record a movement at most once in `every` ms: that it went on is enough. */
  sample(kind: EventKind, every: number, data: EventData = {}): void {
    const now = this.#now();
    if (now - (this.#sampledAt.get(kind) ?? Number.NEGATIVE_INFINITY) < every) {
      return;
    }
    this.#sampledAt.set(kind, now);
    this.record(kind, data);
  }

  /** Events the server has not acknowledged, oldest first; null when none. */
  batch(): EventBatch | null {
    return this.#waiting.length === 0
      ? null
      : { tab: this.tab, events: this.#waiting.slice(0, LARGEST_BATCH) };
  }

  /** What can still be sent while the page goes away: the oldest that fit. */
  lastBatch(): EventBatch | null {
    const events: SessionEvent[] = [];
    let size = 0;
    for (const event of this.#waiting) {
      size += JSON.stringify(event).length + 1;
      if (size > KEEPALIVE_BYTES) {
        break;
      }
      events.push(event);
    }
    return events.length === 0 ? null : { tab: this.tab, events };
  }

  acknowledge(tab: string, seq: number): void {
    if (tab === this.tab) {
      this.#waiting = this.#waiting.filter((event) => event.seq > seq);
    }
  }
}
