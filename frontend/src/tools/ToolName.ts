/** What the primary button does. */
export type ToolName = 'scribble' | 'erase' | 'click' | 'box' | 'pan';
