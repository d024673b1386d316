import { liesOn } from '../wire/liesOn';
import type { Prompt } from '../wire/Prompt';
import type { LogTurn } from './LogState';

type Place = readonly [row: number, column: number];

/**
 * The newest turn with a mark under a place of a slice; null where none is.
 *
 * @param reach how far beside a mark still hits it, in voxels
 */
export function turnAt(
  turns: readonly LogTurn[],
  slice: number,
  at: Place,
  reach: number,
): LogTurn | null {
  return (
    turns.findLast(
      (turn) =>
        turn.state === 'active' &&
        turn.prompts.some(
          (prompt) =>
            liesOn(prompt, slice) && distance(prompt, slice, at) <= reach,
        ),
    ) ?? null
  );
}

/** From a place to what is drawn of a mark, in voxels. */
function distance(prompt: Prompt, slice: number, at: Place): number {
  switch (prompt.kind) {
    case 'scribble':
      return toLine(prompt.voxels.map(flat), at) - prompt.width / 2;
    case 'lasso':
      return toLine(
        [...prompt.voxels, ...prompt.voxels.slice(0, 1)].map(flat),
        at,
      );
    case 'click':
      return toLine([flat(prompt.voxel)], at);
    case 'extreme_points':
      return Math.min(
        ...prompt.voxels
          .filter(([z]) => z === slice)
          .map((voxel) => toLine([flat(voxel)], at)),
      );
    case 'box': {
      const [top, left] = flat(prompt.start);
      const [bottom, right] = [prompt.stop[1] - 1, prompt.stop[2] - 1];
      const corners: readonly Place[] = [
        [top, left],
        [top, right],
        [bottom, right],
        [bottom, left],
        [top, left],
      ];
      return toLine(corners, at);
    }
    default:
      return Number.POSITIVE_INFINITY;
  }
}

function flat(voxel: readonly [number, number, number]): Place {
  return [voxel[1], voxel[2]];
}

/** Shortest distance to a polyline; to its point where it has only one. */
export function toLine(line: readonly Place[], at: Place): number {
  let least = Number.POSITIVE_INFINITY;
  line.forEach((from, i) => {
    const to = line[i + 1] ?? from;
    const [dy, dx] = [to[0] - from[0], to[1] - from[1]];
    const length = dy * dy + dx * dx;
    const share =
      length === 0
        ? 0
        : ((at[0] - from[0]) * dy + (at[1] - from[1]) * dx) / length;
    const held = Math.min(Math.max(share, 0), 1);
    least = Math.min(
      least,
      Math.hypot(at[0] - from[0] - held * dy, at[1] - from[1] - held * dx),
    );
  });
  return least;
}
