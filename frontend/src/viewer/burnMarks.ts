import type { Shape } from '../geometry/frames';
import { rasteriseScribble } from '../geometry/rasteriseScribble';
import type { Prompt } from '../wire/Prompt';

/**
 * A slice with marks in it that no answer contains yet: what a person said of
 * a voxel holds at once.
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
  for (const mark of marks) {
    if (mark.kind === 'scribble' && mark.voxels[0]?.[0] === slice) {
      for (const offset of rasteriseScribble(mark.voxels, mark.width, shape)) {
        put(offset, mark.label);
      }
    } else if (mark.kind === 'click' && mark.voxel[0] === slice) {
      put(mark.voxel[1] * width + mark.voxel[2], mark.label);
    }
  }
  return burned ?? labels;
}
