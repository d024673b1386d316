import type { Prompt } from './Prompt';

/** The slice a prompt is about: the first one, where it spans several. */
export function sliceOfPrompt(prompt: Prompt): number {
  switch (prompt.kind) {
    case 'click':
      return prompt.voxel[0];
    case 'scribble':
    case 'lasso':
    case 'extreme_points':
      return prompt.voxels[0]?.[0] ?? 0;
    case 'box':
      return prompt.start[0];
    case 'paint':
      return prompt.region.start[0];
    default:
      return prompt.slice;
  }
}
