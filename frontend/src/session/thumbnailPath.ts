import { liesOn } from '../wire/liesOn';
import type { Prompt } from '../wire/Prompt';

type Point = readonly [y: number, x: number];

/** SVG path of a turn's marks on a slice, in voxels; empty without any. */
export function thumbnailPath(
  prompts: readonly Prompt[],
  slice: number,
): string {
  return prompts
    .filter((prompt) => liesOn(prompt, slice))
    .map((prompt) => pathOf(prompt, slice))
    .join('');
}

function pathOf(prompt: Prompt, slice: number): string {
  switch (prompt.kind) {
    case 'scribble':
      return line(prompt.voxels.map(([, y, x]) => [y, x]));
    case 'lasso':
      return `${line(prompt.voxels.map(([, y, x]) => [y, x]))}Z`;
    case 'click':
      return line([[prompt.voxel[1], prompt.voxel[2]]]);
    case 'extreme_points':
      return prompt.voxels
        .filter(([z]) => z === slice)
        .map(([, y, x]) => line([[y, x]]))
        .join('');
    case 'box':
      return frame(prompt);
    case 'paint':
      return frame(prompt.region);
    default:
      return '';
  }
}

/** A single point is a line of no length: a dot, with round caps. */
function line(points: readonly Point[]): string {
  const [first, ...rest] = points;
  return first
    ? `M${first[1]} ${first[0]}${(rest.length > 0 ? rest : [first])
        .map(([y, x]) => `L${x} ${y}`)
        .join('')}`
    : '';
}

function frame({
  start,
  stop,
}: {
  start: readonly [number, number, number];
  stop: readonly [number, number, number];
}): string {
  return `M${start[2]} ${start[1]}H${stop[2] - 1}V${stop[1] - 1}H${start[2]}Z`;
}
