import type { ToolName } from '../tools/ToolName';
import type { Hotkey } from './hotkeys';

const tool = (key: string, title: string, name: ToolName): Hotkey => ({
  keys: [key],
  title,
  run: (desk) => desk.box.choose(name),
});

/** Keys of the tools besides the strokes. */
export const toolHotkeys: readonly Hotkey[] = [
  tool('q', 'Four outermost points', 'extreme_points'),
  tool('l', 'Lasso', 'lasso'),
  tool('d', 'Brush: your own mask', 'brush'),
  tool('x', 'Eraser', 'eraser'),
  tool('v', 'Scissors', 'scissors'),
  tool('shift+l', 'Livewire: a line along edges', 'livewire'),
];
