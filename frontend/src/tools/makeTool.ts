import type { VolumeGeometry } from '../geometry/VolumeGeometry';
import { BoxTool } from './BoxTool';
import { ClickTool } from './ClickTool';
import type { PromptTool } from './PromptTool';
import { ScribbleTool } from './ScribbleTool';
import type { ToolName } from './ToolName';

/** The tool for one mark; null where the button does not mark. */
export function makeTool(
  name: ToolName,
  geometry: VolumeGeometry,
  label: number,
  width: number,
): PromptTool | null {
  switch (name) {
    case 'scribble':
      return new ScribbleTool(geometry, label, width);
    case 'erase':
      return new ScribbleTool(geometry, 0, width);
    case 'click':
      return new ClickTool(geometry, label);
    case 'box':
      return new BoxTool(geometry, label);
    case 'pan':
      return null;
  }
}
