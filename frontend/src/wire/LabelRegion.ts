import type { PackedRegion } from './PackedRegion';

/** A half-open region of labels, unpacked. */
export interface LabelRegion extends Pick<PackedRegion, 'start' | 'stop'> {
  /** C order */
  readonly labels: Uint8Array;
}
