import type { ObliqueGrid } from './ObliquePlane';
import type { SlicePlacement } from './SlicePlacement';
import type { VolumeGeometry } from './VolumeGeometry';

/** The slice of another series that goes with one of the case's. */
export interface LinkedSlice {
  readonly slice: number;
  /** false where the other series ends before this place */
  readonly covered: boolean;
}

/**
 * The slice to show beside slice `slice` of the case: at the same place of the
 * patient where both lie in one frame of reference, else the same number.
 *
 * @param offset slices of the other series to add
 */
export function linkedSlice(
  from: VolumeGeometry,
  slice: number,
  to: VolumeGeometry,
  sameFrame: boolean,
  offset: number,
): LinkedSlice {
  const [, height, width] = from.shape;
  const centre = from.pointOf([slice, (height - 1) / 2, (width - 1) / 2]);
  const at = Math.round(sameFrame ? to.indexOf(centre)[0] : slice) + offset;
  const last = to.shape[0] - 1;
  return {
    slice: Math.min(Math.max(at, 0), last),
    covered: at >= 0 && at <= last,
  };
}

/**
 * Where another series is sampled to lie under a slice of the case: once in
 * every square of `step` CSS pixels of the pane.
 */
export function gridUnder(
  placement: SlicePlacement,
  slice: number,
  from: VolumeGeometry,
  to: VolumeGeometry,
  pane: { readonly width: number; readonly height: number },
  step: number,
): ObliqueGrid {
  const at = (x: number, y: number): readonly [number, number, number] =>
    to.indexOf(from.pointOf([slice, ...placement.indexAt([x, y])]));
  const origin = at(step / 2, step / 2);
  const towards = (x: number, y: number): [number, number, number] => {
    const [z1, y1, x1] = at(step / 2 + x, step / 2 + y);
    return [z1 - origin[0], y1 - origin[1], x1 - origin[2]];
  };
  return {
    origin,
    across: towards(step, 0),
    along: towards(0, step),
    rows: Math.ceil(pane.height / step),
    columns: Math.ceil(pane.width / step),
  };
}
