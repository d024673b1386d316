import type { CanvasPoint, Voxel } from '../geometry/frames';
import type { SlicePlacement } from '../geometry/SlicePlacement';
import type { Prompt } from '../wire/Prompt';
import type { PaneBox } from './PatchCanvas';

/** CSS pixels that crosses, rings and lines reach beyond their voxels. */
const REACH = 8;

/**
 * The part of the pane that marks are drawn on; null for none.
 *
 * @param reach how far beyond their voxels they are drawn
 */
export function markBox(
  placement: SlicePlacement,
  marks: readonly Prompt[],
  reach = REACH,
): PaneBox | null {
  let [left, top] = [Number.POSITIVE_INFINITY, Number.POSITIVE_INFINITY];
  let [right, bottom] = [Number.NEGATIVE_INFINITY, Number.NEGATIVE_INFINITY];
  for (const mark of marks) {
    for (const [x, y] of pointsOf(placement, mark)) {
      left = Math.min(left, x);
      right = Math.max(right, x);
      top = Math.min(top, y);
      bottom = Math.max(bottom, y);
    }
  }
  return left > right
    ? null
    : {
        left: left - reach,
        top: top - reach,
        right: right + reach,
        bottom: bottom + reach,
      };
}

/** Corners of the half-open box of voxels, in order round it. */
export function boxCorners(
  placement: SlicePlacement,
  start: Voxel,
  stop: Voxel,
): readonly CanvasPoint[] {
  const [top, left] = [start[1] - 0.5, start[2] - 0.5];
  const [bottom, right] = [stop[1] - 0.5, stop[2] - 0.5];
  return [
    placement.canvasOf(top, left),
    placement.canvasOf(top, right),
    placement.canvasOf(bottom, right),
    placement.canvasOf(bottom, left),
  ];
}

function pointsOf(
  placement: SlicePlacement,
  mark: Prompt,
): readonly CanvasPoint[] {
  switch (mark.kind) {
    case 'scribble':
    case 'lasso':
    case 'extreme_points':
      return mark.voxels.map(([, y, x]) => placement.canvasOf(y, x));
    case 'click':
      return [placement.canvasOf(mark.voxel[1], mark.voxel[2])];
    case 'box':
      return boxCorners(placement, mark.start, mark.stop);
    case 'paint':
      return boxCorners(placement, mark.region.start, mark.region.stop);
    default:
      return [];
  }
}
