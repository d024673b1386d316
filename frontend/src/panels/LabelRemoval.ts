import type { EventRecorder } from '../session/EventRecorder';
import type { Session } from '../session/Session';
import { reshapeTo } from '../tools/paint/coverWith';
import { paintSlice } from '../tools/paint/paintSlice';
import type { StepPlace } from './MaskSteps.svelte';

/** What the removal needs to know of the rest of the desk. */
export type RemovalPlace = Omit<StepPlace, 'turns' | 'board'>;

/** Takes the chosen label out of the mask: paint, that undo brings back. */
export class LabelRemoval {
  readonly #place: RemovalPlace;
  readonly #session: Pick<Session, 'take'>;
  readonly #recorder: EventRecorder;
  readonly offered: boolean;

  /** @param kinds prompts that the engine takes */
  constructor(
    place: RemovalPlace,
    session: Pick<Session, 'take'>,
    recorder: EventRecorder,
    kinds: readonly string[],
  ) {
    this.#place = place;
    this.#session = session;
    this.#recorder = recorder;
    this.offered = kinds.includes('paint');
  }

  here(): void {
    this.#remove([this.#place.slice]);
  }

  everywhere(): void {
    this.#remove(Array.from({ length: this.#place.count }, (_, z) => z));
  }

  #remove(slices: readonly number[]): void {
    const { writable, ground, box, collector } = this.#place;
    if (!writable || !this.offered) {
      return;
    }
    if (!ground.mayReplace(box.label)) {
      this.#place.tell('viewer:label-locked');
      return;
    }
    // Collected marks come before it in the log, as they were made before it.
    collector.send();
    const paints = slices.flatMap((slice) => this.#paintOf(slice) ?? []);
    this.#recorder.record('panel', { step: 'remove', slices: paints.length });
    if (paints.length > 0) {
      this.#session.take(paints);
    } else {
      this.#place.tell('viewer:label-not-here');
    }
  }

  #paintOf(slice: number): ReturnType<typeof paintSlice> {
    const { ground, box } = this.#place;
    const labels = ground.labels(slice);
    if (!labels?.includes(box.label)) {
      return null;
    }
    const nothing = new Uint8Array(labels.length);
    return paintSlice(
      reshapeTo(ground, slice, nothing, box.label),
      slice,
      ground.shape,
    );
  }
}
