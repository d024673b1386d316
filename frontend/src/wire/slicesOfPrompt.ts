import type { Prompt } from './Prompt';
import { sliceOfPrompt } from './sliceOfPrompt';

/** Every slice that a prompt says something of, in order. */
export function slicesOfPrompt(prompt: Prompt): readonly number[] {
  switch (prompt.kind) {
    case 'box':
      return between(prompt.start[0], prompt.stop[0]);
    case 'paint':
      return between(prompt.region.start[0], prompt.region.stop[0]);
    case 'extreme_points':
      return [...new Set(prompt.voxels.map(([z]) => z))].sort((a, b) => a - b);
    default:
      return [sliceOfPrompt(prompt)];
  }
}

function between(start: number, stop: number): readonly number[] {
  return Array.from({ length: Math.max(stop - start, 0) }, (_, k) => start + k);
}
