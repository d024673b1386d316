import type { Shape } from '../geometry/frames';
import type { LabelRegion } from '../wire/LabelRegion';
import type { PackedRegion } from '../wire/PackedRegion';
import { unpackLabels } from '../wire/unpackLabels';
import type { WireError } from '../wire/WireError';
import { Emitter } from './Emitter';
import { MaskVolume } from './MaskVolume';

/** A whole mask as one GET brings it. */
export interface Draft {
  readonly version: number;
  readonly slices: readonly PackedRegion[];
  readonly quality: QualityBySlice;
}

/** How good the engine takes a slice's mask to be, 0 to 1. */
export type QualityBySlice = Readonly<Record<string, number>>;

export interface MaskStreamEvents {
  /** a whole mask has taken the place of the one before */
  replaced: { readonly slices: readonly number[] };
  error: WireError;
}

/** How long a gap in the versions may last before the draft is fetched. */
const GAP_MS = 1_000;
/** A draft that did not come is asked for again, later and later. */
const RETRY_MS = 1_000;
const LATEST_RETRY_MS = 15_000;

/**
 * The mask as the server's answers tell it, one after the other.
 *
 * Answers are unpacked asynchronously but written in the order they came. A
 * version that never comes, or comes too late, is mended by one GET.
 */
export class MaskStream {
  readonly mask: MaskVolume;
  readonly events = new Emitter<MaskStreamEvents>();
  readonly #fetchDraft: () => Promise<Draft>;
  readonly #quality = new Map<number, number>();
  #version = 0;
  #writing: Promise<void> = Promise.resolve();
  #gap: ReturnType<typeof setTimeout> | undefined;
  #retry: ReturnType<typeof setTimeout> | undefined;
  #failures = 0;
  #closed = false;

  constructor(shape: Shape, fetchDraft: () => Promise<Draft>) {
    this.mask = new MaskVolume(shape);
    this.#fetchDraft = fetchDraft;
  }

  /** Version of the draft that is shown. */
  get version(): number {
    return this.#version;
  }

  /** Estimated quality of the slices whose mask is as it was estimated. */
  get quality(): ReadonlyMap<number, number> {
    return this.#quality;
  }

  /**
   * Write an answer's regions, of version `version` of the draft.
   *
   * @param written called with the changed slices once they are written
   */
  apply(
    slices: readonly PackedRegion[],
    version: number,
    quality: QualityBySlice,
    written: (slices: readonly number[]) => void,
  ): void {
    this.#enqueue(async () => {
      if (version > this.#version + 1) {
        this.#noticeGap();
      }
      const changed = new Set<number>();
      for (const region of await unpack(slices)) {
        const here = this.mask.write(region, version);
        if (here.length < region.stop[0] - region.start[0]) {
          // Overtaken by a newer answer: only the draft knows both.
          this.#noticeGap();
        }
        here.forEach((z) => {
          changed.add(z);
          this.#quality.delete(z);
        });
      }
      this.#rate(quality);
      this.#version = Math.max(this.#version, version);
      written([...changed]);
    });
  }

  /** Put a whole mask in place of what is here. */
  replace(
    slices: readonly PackedRegion[],
    version: number,
    quality: QualityBySlice,
  ): void {
    this.#enqueue(async () => {
      const changed = this.mask.replace(await unpack(slices), version);
      for (const z of changed) {
        this.#quality.delete(z);
      }
      this.#rate(quality);
      this.#version = Math.max(this.#version, version);
      this.events.emit('replaced', { slices: changed });
    });
  }

  /** Fetch the draft unless `version` of it is what is here. */
  catchUp(version: number): void {
    if (version !== this.#version) {
      this.refetch();
    }
  }

  /** Fetch the draft: what is here may lack something. */
  refetch(): void {
    clearTimeout(this.#gap);
    clearTimeout(this.#retry);
    this.#gap = undefined;
    this.#fetchDraft().then(
      (draft) => {
        this.#failures = 0;
        this.replace(draft.slices, draft.version, draft.quality);
      },
      (error: unknown) => this.#fetchAgain(error),
    );
  }

  close(): void {
    this.#closed = true;
    clearTimeout(this.#gap);
    clearTimeout(this.#retry);
  }

  /** Told once; a server that restarts is back in a moment. */
  #fetchAgain(error: unknown): void {
    if (this.#closed) {
      return;
    }
    if (this.#failures === 0) {
      this.#fail('viewer:draft-not-fetched', error);
    }
    clearTimeout(this.#retry);
    this.#retry = setTimeout(
      () => this.refetch(),
      Math.min(RETRY_MS * 2 ** this.#failures, LATEST_RETRY_MS),
    );
    this.#failures += 1;
  }

  #rate(quality: QualityBySlice): void {
    for (const [slice, value] of Object.entries(quality)) {
      this.#quality.set(Number(slice), value);
    }
  }

  #noticeGap(): void {
    this.#gap ??= setTimeout(() => this.refetch(), GAP_MS);
  }

  #enqueue(step: () => Promise<void>): void {
    this.#writing = this.#writing
      .then(step)
      .catch((error: unknown) => this.#fail('viewer:mask-unreadable', error));
  }

  #fail(code: string, error: unknown): void {
    this.events.emit('error', { code, message: String(error), extra: {} });
  }
}

async function unpack(
  slices: readonly PackedRegion[],
): Promise<readonly LabelRegion[]> {
  return Promise.all(
    slices.map(async (packed) => ({
      start: packed.start,
      stop: packed.stop,
      labels: await unpackLabels(packed),
    })),
  );
}
