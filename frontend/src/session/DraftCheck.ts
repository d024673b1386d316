import type { MaskVolume } from './MaskVolume';

/** What the server has stored, by hash. */
export interface Digests {
  readonly version: number;
  /** by slice, sha256 of its labels in hexadecimal */
  readonly digests: Readonly<Record<string, string>>;
}

/** The mask that is shown, and how it is mended. */
export interface CheckedStream {
  readonly mask: MaskVolume;
  readonly version: number;
  refetch(): void;
}

/** So long nothing may have changed before the masks are compared. */
const QUIET_MS = 3_000;

/**
 * Compares the mask on the screen with the stored one, slice by slice, when
 * nothing has changed for a while. One that differs is fetched, and told.
 */
export class DraftCheck {
  readonly #stream: CheckedStream;
  readonly #fetch: (since: number) => Promise<Digests>;
  readonly #differs: (slices: readonly number[]) => void;
  #timer: ReturnType<typeof setTimeout> | undefined;
  /** version up to which both are known to be the same */
  #same = 0;
  /** slices of which something is stored */
  readonly #stored = new Set<number>();

  /** @param differs called with the slices that were not what is stored */
  constructor(
    stream: CheckedStream,
    fetch: (since: number) => Promise<Digests>,
    differs: (slices: readonly number[]) => void,
  ) {
    this.#stream = stream;
    this.#fetch = fetch;
    this.#differs = differs;
  }

  /** The mask changed: compare once it has settled. */
  changed(): void {
    clearTimeout(this.#timer);
    this.#timer = setTimeout(() => {
      // Out of reach: the next change, or connecting again, asks anew.
      this.compare().catch(() => undefined);
    }, QUIET_MS);
  }

  stop(): void {
    clearTimeout(this.#timer);
  }

  /** Slices that show something of which nothing is stored. */
  #surplus(): readonly number[] {
    const { mask } = this.#stream;
    return [...mask.known].filter(
      (slice) => !this.#stored.has(slice) && mask.slice(slice)?.some(Boolean),
    );
  }

  /** Compare what is newer than the last comparison. */
  async compare(): Promise<void> {
    const { version, digests } = await this.#fetch(this.#same);
    const differing: number[] = [];
    for (const [slice, digest] of Object.entries(digests)) {
      this.#stored.add(Number(slice));
      const labels = this.#stream.mask.slice(Number(slice));
      if (!labels || (await sha256(labels)) !== digest) {
        differing.push(Number(slice));
      }
    }
    differing.push(...this.#surplus());
    if (version !== this.#stream.version) {
      // Another answer came meanwhile, and with it another comparison.
      return;
    }
    if (differing.length > 0) {
      this.#stored.clear();
      this.#same = 0;
      this.#differs(differing);
      this.#stream.refetch();
    } else {
      this.#same = version;
    }
  }
}

async function sha256(labels: Uint8Array): Promise<string> {
  const bytes = new Uint8Array(labels);
  const digest = await crypto.subtle.digest('SHA-256', bytes);
  return Array.from(new Uint8Array(digest), (byte) =>
    byte.toString(16).padStart(2, '0'),
  ).join('');
}
