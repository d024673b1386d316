import type { Prompt } from '../wire/Prompt';

/** Whether a turn only looks at slices: undo passes over such a turn. */
export function isVisitOnly(prompts: readonly Prompt[]): boolean {
  return prompts.every((prompt) => prompt.kind === 'visit');
}
