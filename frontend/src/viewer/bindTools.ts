import {
  Enums,
  PanTool,
  ToolGroupManager,
  WindowLevelTool,
  ZoomTool,
} from '@cornerstonejs/tools';

/** The library's tools on the buttons that do not draw. */
export interface ToolBinding {
  setPanning(on: boolean): void;
  destroy(): void;
}

const { MouseBindings, KeyboardBindings } = Enums;

/** Right drag: window. Middle drag: pan. Ctrl + wheel: zoom at the pointer. */
export function bindTools(
  viewportId: string,
  renderingEngineId: string,
): ToolBinding {
  const id = `tools-${viewportId}`;
  const group =
    ToolGroupManager.getToolGroup(id) ?? ToolGroupManager.createToolGroup(id);
  if (!group) {
    throw new Error(`The tools of ${viewportId} could not be made`);
  }
  for (const tool of [WindowLevelTool, PanTool, ZoomTool]) {
    group.addTool(tool.toolName);
  }
  group.addViewport(viewportId, renderingEngineId);
  group.setToolActive(WindowLevelTool.toolName, {
    bindings: [{ mouseButton: MouseBindings.Secondary }],
  });
  group.setToolActive(ZoomTool.toolName, {
    bindings: [
      {
        mouseButton: MouseBindings.Wheel,
        modifierKey: KeyboardBindings.Ctrl,
      },
    ],
  });
  const setPanning = (on: boolean): void => {
    // Bindings add up unless the tool is put to rest first.
    group.setToolPassive(PanTool.toolName, { removeAllBindings: true });
    group.setToolActive(PanTool.toolName, {
      bindings: [
        { mouseButton: MouseBindings.Auxiliary },
        ...(on ? [{ mouseButton: MouseBindings.Primary }] : []),
      ],
    });
  };
  setPanning(false);
  return {
    setPanning,
    destroy: () => ToolGroupManager.destroyToolGroup(id),
  };
}
