import type { Prompt } from './Prompt';
import { sliceOfPrompt } from './sliceOfPrompt';

/** Whether a prompt says something of a slice; some lie across several. */
export function liesOn(prompt: Prompt, slice: number): boolean {
  switch (prompt.kind) {
    case 'box':
      return slice >= prompt.start[0] && slice < prompt.stop[0];
    case 'paint': {
      const { start, stop } = prompt.region;
      return slice >= start[0] && slice < stop[0];
    }
    case 'extreme_points':
      return prompt.voxels.some(([z]) => z === slice);
    default:
      return sliceOfPrompt(prompt) === slice;
  }
}
