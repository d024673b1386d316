import type { VolumeGeometry } from '../geometry/VolumeGeometry';
import { BoxTool } from './BoxTool';
import { type BrushShape, BrushTool } from './BrushTool';
import { ClickTool } from './ClickTool';
import { LassoTool } from './LassoTool';
import type { PromptTool } from './PromptTool';
import type { PaintGround } from './paint/PaintGround';
import { ScissorsTool } from './ScissorsTool';
import { ScribbleTool } from './ScribbleTool';
import type { ToolName } from './ToolName';

/**
 * The tool for one mark; null where the button does not mark, or where a mark
 * takes more than one press.
 */
export function makeTool(
  name: ToolName,
  geometry: VolumeGeometry,
  ground: PaintGround,
  label: number,
  brush: BrushShape,
): PromptTool | null {
  switch (name) {
    case 'scribble':
    case 'erase':
      return new ScribbleTool(geometry, label, brush.width);
    case 'click':
      return new ClickTool(geometry, label);
    case 'box':
      return new BoxTool(geometry, label);
    case 'lasso':
      return new LassoTool(geometry, label);
    case 'brush':
    case 'eraser':
      return new BrushTool(geometry, ground, label, brush);
    case 'scissors':
      return new ScissorsTool(geometry, ground, label, brush.range);
    case 'extreme_points':
    case 'livewire':
    case 'pan':
      return null;
  }
}
