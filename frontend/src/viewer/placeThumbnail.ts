import { SlicePlacement } from '../geometry/SlicePlacement';
import type { VolumeGeometry } from '../geometry/VolumeGeometry';
import { liesOn } from '../wire/liesOn';
import type { Prompt } from '../wire/Prompt';
import { markBox } from './markBox';

/** CSS pixels of a thumbnail. */
export const THUMBNAIL = { width: 44, height: 38 } as const;

/** So many voxels are around the smallest mark: what lies there is known by it. */
const LEAST_VOXELS = 96;
/** How much larger than the marks a thumbnail is. */
const ROOM = 1.5;

/**
 * Where a slice lies in the thumbnail of the marks on it, lengths as they are
 * in mm; null where no mark is on it. What is seen is as near to the marks as
 * it can be without leaving the slice.
 */
export function placeThumbnail(
  geometry: VolumeGeometry,
  slice: number,
  prompts: readonly Prompt[],
): SlicePlacement | null {
  const [, height, width] = geometry.shape;
  const [dy, dx] = [geometry.spacing(1), geometry.spacing(2)];
  const marks = markBox(
    new SlicePlacement([0, 0], [dx, 0], [0, dy]),
    prompts.filter((prompt) => liesOn(prompt, slice)),
    0,
  );
  if (!marks) {
    return null;
  }
  const least = LEAST_VOXELS * Math.min(dy, dx);
  const mmPerPixel = Math.min(
    Math.max(
      Math.max(ROOM * (marks.right - marks.left), least) / THUMBNAIL.width,
      Math.max(ROOM * (marks.bottom - marks.top), least) / THUMBNAIL.height,
    ),
    // All of the slice.
    Math.max((width * dx) / THUMBNAIL.width, (height * dy) / THUMBNAIL.height),
  );
  const left = cutFrom(
    (marks.left + marks.right) / 2,
    mmPerPixel * THUMBNAIL.width,
    width * dx,
    dx,
  );
  const top = cutFrom(
    (marks.top + marks.bottom) / 2,
    mmPerPixel * THUMBNAIL.height,
    height * dy,
    dy,
  );
  const [x, y] = [-left / mmPerPixel, -top / mmPerPixel];
  return new SlicePlacement(
    [x, y],
    [x + dx / mmPerPixel, y],
    [x, y + dy / mmPerPixel],
  );
}

/**
 * Where a cut of the slice begins along an axis, in mm from the first voxel's
 * centre; a slice that is smaller than the cut lies in its middle.
 */
function cutFrom(
  middle: number,
  cut: number,
  slice: number,
  voxel: number,
): number {
  const first = -voxel / 2;
  const spare = slice - cut;
  return spare <= 0
    ? first + spare / 2
    : Math.min(Math.max(middle - cut / 2, first), first + spare);
}
