import type { EventRecorder } from '../session/EventRecorder';
import type { Session } from '../session/Session';
import type { SliceState } from '../session/sliceStates';
import { reshapeTo } from '../tools/paint/coverWith';
import { growMask, type Mask, shrinkMask } from '../tools/paint/growMask';
import { fillHoles, keepLargest } from '../tools/paint/maskRegions';
import type { PaintGround } from '../tools/paint/PaintGround';
import { paintSlice } from '../tools/paint/paintSlice';
import { smoothMask } from '../tools/paint/smoothMask';
import { withinBox } from '../tools/paint/withinBox';
import { occupiedBox } from '../viewer/occupiedBox';
import { asWireError } from '../wire/asWireError';
import type { PackedRegion } from '../wire/PackedRegion';
import type { Paint } from '../wire/Prompt';
import { packLabels } from '../wire/packLabels';
import { unpackLabels } from '../wire/unpackLabels';
import type { WireError } from '../wire/WireError';

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
  readonly board: { tell(error: WireError): void };
  /** say what a code stands for */
  tell(code: string): void;
}

/** The server's shapes between two; see `annotation/services/interpolation`. */
export type Interpolate = (
  first: PackedRegion,
  second: PackedRegion,
) => Promise<readonly PackedRegion[]>;

/** Steps on a mask that are done at once; each is one turn of paint. */
export class MaskSteps {
  readonly #place: StepPlace;
  readonly #session: Session;
  readonly #recorder: EventRecorder;
  readonly #offered: boolean;
  readonly #between: Interpolate;
  #asking = false;

  /** @param kinds prompts that the engine takes */
  constructor(
    place: StepPlace,
    session: Session,
    recorder: EventRecorder,
    kinds: readonly string[],
    between: Interpolate,
  ) {
    this.#place = place;
    this.#session = session;
    this.#recorder = recorder;
    this.#offered = kinds.includes('paint');
    this.#between = between;
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
        this.#reshaped(slice, withinBox(mask, columns, SHAPINGS[shaping])),
      ]);
    } else {
      this.#place.tell('viewer:label-not-here');
    }
  }

  /** Give the chosen label the shape it has on the slice before or after. */
  copyFrom(step: -1 | 1): void {
    const { slice } = this.#place;
    const mask = this.#maskOn(slice + step);
    if (mask) {
      this.#take('copy', [this.#reshaped(slice, mask)]);
    } else {
      this.#place.tell('viewer:label-not-here');
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
  async interpolate(): Promise<void> {
    const { gap } = this;
    const [from, to] = gap ?? [0, 0];
    const [first, second] = [this.#packed(from), this.#packed(to)];
    if (!gap || !first || !second) {
      this.#place.tell('viewer:nothing-between');
      return;
    }
    if (this.#asking || !this.#place.writable) {
      return;
    }
    this.#asking = true;
    try {
      const { label } = this.#place.box;
      const masks = await this.#masks(await this.#between(first, second));
      const between = Array.from({ length: to - from - 1 }, (_, i) => {
        const z = from + i + 1;
        const mask = masks.get(z) ?? this.#nothing;
        return this.#reshaped(z, mask, label, 'interpolation');
      });
      this.#take('interpolate', between);
    } catch (error) {
      this.#place.board.tell(asWireError(error));
    } finally {
      this.#asking = false;
    }
  }

  get #nothing(): Mask {
    const [, rows, columns] = this.#place.ground.shape;
    return new Uint8Array(rows * columns);
  }

  /** Whole slices of what came. */
  async #masks(
    regions: readonly PackedRegion[],
  ): Promise<ReadonlyMap<number, Mask>> {
    const [, , columns] = this.#place.ground.shape;
    const masks = new Map<number, Mask>();
    for (const region of regions) {
      const [z, top, left] = region.start;
      const width = region.stop[2] - left;
      const part = await unpackLabels(region);
      const mask = this.#nothing;
      for (let at = 0; at < part.length; at += width) {
        const row = part.subarray(at, at + width);
        mask.set(row, (top + at / width) * columns + left);
      }
      masks.set(z, mask);
    }
    return masks;
  }

  /** Where the chosen label is on a slice, as it travels. */
  #packed(slice: number): PackedRegion | null {
    const [, , columns] = this.#place.ground.shape;
    const mask = this.#maskOn(slice);
    const box = mask && occupiedBox(mask, columns);
    if (!mask || !box) {
      return null;
    }
    const { x, y, width, height } = box;
    const part = Uint8Array.from(
      { length: width * height },
      (_, i) =>
        mask[(y + Math.floor(i / width)) * columns + x + (i % width)] as number,
    );
    return packLabels([slice, y, x], [slice + 1, y + height, x + width], part);
  }

  #reshaped(
    slice: number,
    mask: Mask,
    label = this.#place.box.label,
    origin?: Paint['origin'],
  ): Paint | null {
    const { ground } = this.#place;
    return paintSlice(
      reshapeTo(ground, slice, mask, label),
      slice,
      ground.shape,
      origin,
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
