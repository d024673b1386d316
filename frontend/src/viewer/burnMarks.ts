import type { Shape } from '../geometry/frames';
import { rasteriseLasso } from '../geometry/rasteriseLasso';
import { rasteriseScribble } from '../geometry/rasteriseScribble';
import { liesOn } from '../wire/liesOn';
import type { Prompt } from '../wire/Prompt';
import { type PaintedRegion, paintedRegion } from '../wire/paintedRegion';

/**
 * A slice with marks in it that no answer contains yet: what a person said of
 * a voxel holds at once. Paint that is still packed is left out.
 *
 * @param labels C order (y, x); null where nothing was predicted yet
 * @returns `labels` itself where no mark falls on the slice
 */
export function burnMarks(
  labels: Uint8Array | null,
  marks: readonly Prompt[],
  slice: number,
  shape: Shape,
): Uint8Array | null {
  const [, height, width] = shape;
  let burned: Uint8Array | null = null;
  const put = (offset: number, label: number): void => {
    burned ??= labels?.slice() ?? new Uint8Array(height * width);
    burned[offset] = label;
  };
  const cover = (offsets: Iterable<number>, label: number): void => {
    for (const offset of offsets) {
      put(offset, label);
    }
  };
  for (const mark of marks) {
    if (!liesOn(mark, slice)) {
      continue;
    }
    switch (mark.kind) {
      case 'scribble':
        cover(rasteriseScribble(mark.voxels, mark.width, shape), mark.label);
        break;
      case 'lasso':
        cover(rasteriseLasso(mark.voxels, shape), mark.label);
        break;
      case 'click':
        put(mark.voxel[1] * width + mark.voxel[2], mark.label);
        break;
      case 'extreme_points':
        for (const [z, y, x] of mark.voxels) {
          if (z === slice) {
            put(y * width + x, mark.label);
          }
        }
        break;
      case 'paint': {
        const region = paintedRegion(mark);
        if (region) {
          eachPainted(region, slice, width, put);
        }
        break;
      }
      default:
        break;
    }
  }
  return burned ?? labels;
}

function eachPainted(
  { start, stop, labels, where }: PaintedRegion,
  slice: number,
  columns: number,
  put: (offset: number, label: number) => void,
): void {
  let at = (slice - start[0]) * (stop[1] - start[1]) * (stop[2] - start[2]);
  for (let y = start[1]; y < stop[1]; y += 1) {
    for (let x = start[2]; x < stop[2]; x += 1) {
      if (where[at]) {
        put(y * columns + x, labels[at] as number);
      }
      at += 1;
    }
  }
}
