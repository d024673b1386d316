import type { MaskVolume } from '../session/MaskVolume';
import { occupiedBox } from '../viewer/occupiedBox';
import type { Mesh } from './Mesh';
import type { SurfaceAnswer, SurfaceOrder } from './SurfaceMessage';
import type { SlicePart } from './SurfaceStore';

/** The side of a `Worker` that is used. */
export interface SurfaceHand {
  postMessage(order: SurfaceOrder, transfer: Transferable[]): void;
  onmessage: ((event: MessageEvent<SurfaceAnswer>) => void) | null;
  terminate(): void;
}

/** So long the mask has to rest before its surface is made again. */
const REST_MS = 250;

/** Keeps the surfaces of a mask up to date, made by a worker. */
export class SurfaceMaker {
  readonly #mask: MaskVolume;
  readonly #hand: SurfaceHand;
  readonly #told: (label: number, mesh: Mesh | null) => void;
  readonly #rested: () => void;
  readonly #waiting = new Set<number>();
  #timer: ReturnType<typeof setTimeout> | undefined;
  #busy = false;

  /**
   * @param told called with each surface that changed; null: none is left
   * @param rested called when every surface is as the mask is
   */
  constructor(
    mask: MaskVolume,
    affine: readonly (readonly number[])[],
    hand: SurfaceHand,
    told: (label: number, mesh: Mesh | null) => void,
    rested: () => void,
  ) {
    this.#mask = mask;
    this.#hand = hand;
    this.#told = told;
    this.#rested = rested;
    hand.onmessage = ({ data }) => this.#answered(data);
    // A plain copy: what a page watches for changes cannot be sent.
    hand.postMessage(
      { kind: 'begin', affine: affine.map((row) => [...row]) },
      [],
    );
    for (const z of mask.known) {
      this.#waiting.add(z);
    }
    this.#make();
  }

  changed(slices: Iterable<number>): void {
    for (const z of slices) {
      this.#waiting.add(z);
    }
    clearTimeout(this.#timer);
    this.#timer = setTimeout(() => this.#make(), REST_MS);
  }

  destroy(): void {
    clearTimeout(this.#timer);
    this.#hand.terminate();
  }

  /** One order at a time: what changes meanwhile goes with the next. */
  #make(): void {
    if (this.#busy) {
      return;
    }
    if (this.#waiting.size === 0) {
      this.#rested();
      return;
    }
    this.#busy = true;
    for (const z of this.#waiting) {
      const part = occupiedPart(this.#mask.slice(z), this.#mask.shape[2]);
      this.#hand.postMessage(
        { kind: 'slice', z, part },
        part ? [part.labels.buffer] : [],
      );
    }
    this.#waiting.clear();
    this.#hand.postMessage({ kind: 'make' }, []);
  }

  #answered(answer: SurfaceAnswer): void {
    if (answer.kind === 'surface') {
      this.#told(answer.label, answer.mesh);
      return;
    }
    this.#busy = false;
    this.#make();
  }
}

/** A copy of what of a slice has labels; null where nothing has. */
function occupiedPart(
  slice: Uint8Array | null,
  columns: number,
): SlicePart | null {
  const box = slice && occupiedBox(slice, columns);
  if (!slice || !box) {
    return null;
  }
  const labels = new Uint8Array(box.width * box.height);
  for (let row = 0; row < box.height; row += 1) {
    const from = (box.y + row) * columns + box.x;
    labels.set(slice.subarray(from, from + box.width), row * box.width);
  }
  return { box, labels };
}
