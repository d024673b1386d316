import type { VoxelIndex } from '../geometry/frames';
import type { VolumeGeometry } from '../geometry/VolumeGeometry';
import type { EventRecorder } from '../session/EventRecorder';
import { makeTool } from '../tools/makeTool';
import { offeredTools } from '../tools/offeredTools';
import type { PromptTool } from '../tools/PromptTool';
import type { ToolName } from '../tools/ToolName';
import type { Brush } from '../viewer/PaneLayers';

const SAMPLE_MS = 500;
const WIDEST = 99;

/** What lies in the reader's hand: the tool, its width, the label it gives. */
export class ToolBox {
  readonly tools: readonly ToolName[];
  tool = $state<ToolName>('pan');
  label = $state(1);
  width = $state(5);
  readonly #geometry: VolumeGeometry;
  readonly #recorder: EventRecorder;
  readonly #values: readonly number[];
  readonly #chosen: (tool: ToolName) => void;

  /**
   * @param kinds prompts that the engine takes
   * @param values the project's labels
   * @param chosen called with every tool taken up
   */
  constructor(
    geometry: VolumeGeometry,
    recorder: EventRecorder,
    kinds: readonly string[],
    values: readonly number[],
    chosen: (tool: ToolName) => void,
  ) {
    this.#geometry = geometry;
    this.#recorder = recorder;
    this.#values = values;
    this.#chosen = chosen;
    this.tools = offeredTools(kinds);
    this.tool = this.tools[0] ?? 'pan';
    this.label = values[0] ?? 1;
  }

  /** The label that the chosen tool gives. */
  get markedLabel(): number {
    return this.tool === 'erase' ? 0 : this.label;
  }

  /** Whether the tool leaves a stroke as wide as `width`. */
  get strokes(): boolean {
    return this.tool === 'scribble' || this.tool === 'erase';
  }

  choose(tool: ToolName): void {
    if (this.tools.includes(tool)) {
      this.tool = tool;
      this.#recorder.record('tool', { tool });
      this.#chosen(tool);
    }
  }

  chooseLabel(value: number): void {
    if (value === 0) {
      this.choose('erase');
    } else if (this.#values.includes(value)) {
      this.label = value;
      this.#recorder.record('label', { label: value });
      if (this.tool === 'erase') {
        this.choose('scribble');
      }
    }
  }

  setWidth(width: number): void {
    this.width = Math.min(Math.max(Math.round(width), 1), WIDEST);
    this.#recorder.sample('width', SAMPLE_MS, { width: this.width });
  }

  /** The tool for a mark that begins now; null where the button does not mark. */
  begin(): PromptTool | null {
    return makeTool(this.tool, this.#geometry, this.label, this.width);
  }

  /** The ring under the pointer; null for tools without one. */
  brushAt(index: VoxelIndex): Brush | null {
    return this.strokes
      ? { at: index, width: this.width, label: this.markedLabel }
      : null;
  }
}
