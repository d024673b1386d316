import type { EventRecorder } from '../session/EventRecorder';
import type { Session } from '../session/Session';
import type { SliceState } from '../session/sliceStates';
import { blendMasks, signedDistance } from '../tools/paint/blendMasks';
import { reshapeTo } from '../tools/paint/coverWith';
import { growMask, type Mask, shrinkMask } from '../tools/paint/growMask';
import { fillHoles, keepLargest } from '../tools/paint/maskRegions';
import type { PaintGround } from '../tools/paint/PaintGround';
import { paintSlice } from '../tools/paint/paintSlice';
import { smoothMask } from '../tools/paint/smoothMask';
import type { Paint } from '../wire/Prompt';

/** Steps on the mask of one label on the shown slice. */
export const SHAPINGS = {
  fill: fillHoles,
  largest: keepLargest,
  smooth: smoothMask,
  grow: growMask,
  shrink: shrinkMask,
} as const;

export type Shaping = keyof typeof SHAPINGS;

/** What the steps need to know of the rest of the desk. */
export interface StepPlace {
  readonly slice: number;
  readonly count: number;
  readonly writable: boolean;
  readonly ground: PaintGround;
  readonly collector: { send(): void };
  readonly box: { readonly label: number };
  readonly turns: { readonly states: readonly SliceState[] };
}

/** Steps on a mask that are done at once; each is one turn of paint. */
export class MaskSteps {
  readonly #place: StepPlace;
  readonly #session: Session;
  readonly #recorder: EventRecorder;
  readonly #offered: boolean;

  /** @param kinds prompts that the engine takes */
  constructor(
    place: StepPlace,
    session: Session,
    recorder: EventRecorder,
    kinds: readonly string[],
  ) {
    this.#place = place;
    this.#session = session;
    this.#recorder = recorder;
    this.#offered = kinds.includes('paint');
  }

  get offered(): boolean {
    return this.#offered;
  }

  /** Give the chosen label another shape on this slice. */
  shape(shaping: Shaping): void {
    const { slice } = this.#place;
    const mask = this.#maskOn(slice);
    if (mask) {
      const [, , columns] = this.#place.ground.shape;
      this.#take(shaping, [
        this.#reshaped(slice, SHAPINGS[shaping](mask, columns)),
      ]);
    }
  }

  /** Give the chosen label the shape it has on the slice before or after. */
  copyFrom(step: -1 | 1): void {
    const { slice } = this.#place;
    const mask = this.#maskOn(slice + step);
    if (mask) {
      this.#take('copy', [this.#reshaped(slice, mask)]);
    }
  }

  /** The slices between which the shape can be interpolated; null if none. */
  get gap(): readonly [from: number, to: number] | null {
    const { slice, count, turns } = this.#place;
    const key = (z: number): boolean =>
      (turns.states[z] === 'scribbled' || turns.states[z] === 'accepted') &&
      this.#maskOn(z) !== null;
    let from = slice;
    while (from >= 0 && !key(from)) {
      from -= 1;
    }
    let to = Math.max(slice, from + 1);
    while (to < count && !key(to)) {
      to += 1;
    }
    return from >= 0 && to < count && to - from > 1 ? [from, to] : null;
  }

  /** Fill the slices between two that a person has seen to. */
  interpolate(): void {
    const { gap } = this;
    const [from, to] = gap ?? [0, 0];
    const [first, second] = [this.#maskOn(from), this.#maskOn(to)];
    if (!gap || !first || !second) {
      return;
    }
    const [, , columns] = this.#place.ground.shape;
    const below = signedDistance(first, columns);
    const above = signedDistance(second, columns);
    const between = Array.from({ length: to - from - 1 }, (_, i) => {
      const share = (i + 1) / (to - from);
      return this.#reshaped(from + i + 1, blendMasks(below, above, share));
    });
    this.#take('interpolate', between);
  }

  #reshaped(slice: number, mask: Mask): Paint | null {
    const { ground, box } = this.#place;
    return paintSlice(
      reshapeTo(ground, slice, mask, box.label),
      slice,
      ground.shape,
    );
  }

  /** Where the chosen label is on a slice; null where it is nowhere. */
  #maskOn(slice: number): Mask | null {
    const { ground, box } = this.#place;
    const labels = ground.labels(slice);
    return labels?.includes(box.label)
      ? labels.map((label) => (label === box.label ? 1 : 0))
      : null;
  }

  #take(step: string, paints: readonly (Paint | null)[]): void {
    const prompts = paints.filter((paint) => paint !== null);
    this.#recorder.record('panel', { step, slices: prompts.length });
    if (this.#place.writable && this.#offered && prompts.length > 0) {
      this.#place.collector.send();
      this.#session.take(prompts);
    }
  }
}
