import type { Shape } from '../../geometry/frames';

/** What paint falls on. */
export interface PaintGround {
  readonly shape: Shape;
  /** labels shown on a slice, C order (y, x); null where there are none */
  labels(slice: number): Uint8Array | null;
  /** the image's values on a slice, by offset; null until they have come */
  values(slice: number): ((offset: number) => number) | null;
  /** whether paint may take the place of a label */
  mayReplace(label: number): boolean;
}
