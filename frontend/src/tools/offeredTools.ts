import type { ToolName } from './ToolName';

/** The tools for an engine that takes these kinds of prompts. */
export function offeredTools(kinds: readonly string[]): readonly ToolName[] {
  const takes = (kind: string): boolean => kinds.includes(kind);
  return [
    ...(takes('scribble') ? (['scribble', 'erase'] as const) : []),
    ...(takes('click') ? (['click'] as const) : []),
    ...(takes('box') ? (['box'] as const) : []),
    ...(takes('extreme_points') ? (['extreme_points'] as const) : []),
    ...(takes('lasso') ? (['lasso'] as const) : []),
    ...(takes('paint')
      ? (['brush', 'eraser', 'scissors', 'livewire'] as const)
      : []),
    'pan',
  ];
}
