/** Marks for the engine. */
export type PromptToolName =
  | 'scribble'
  | 'erase'
  | 'click'
  | 'box'
  | 'extreme_points'
  | 'lasso';

/** The reader's own mask. */
export type PaintToolName = 'brush' | 'eraser' | 'scissors' | 'livewire';

/** What the primary button does. */
export type ToolName = PromptToolName | PaintToolName | 'pan';
