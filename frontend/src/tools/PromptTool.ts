import type { VoxelIndex } from '../geometry/frames';
import type { Prompt } from '../wire/Prompt';

/** Turns what the hand does on one slice into prompts. */
export interface PromptTool {
  begin(index: VoxelIndex): void;
  move(index: VoxelIndex): void;
  /** @returns the prompts of one turn; none where nothing was marked */
  end(): readonly Prompt[];
  /** what the prompts would be now */
  readonly draft: readonly Prompt[];
}
