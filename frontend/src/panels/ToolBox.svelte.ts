import type { VoxelIndex } from '../geometry/frames';
import type { PlaneFrame } from '../geometry/PlaneFrame';
import type { VolumeGeometry } from '../geometry/VolumeGeometry';
import type { EventRecorder } from '../session/EventRecorder';
import type { BrushShape } from '../tools/BrushTool';
import { ExtremePointsTool } from '../tools/ExtremePointsTool';
import { LivewireTool } from '../tools/LivewireTool';
import { makeTool } from '../tools/makeTool';
import { offeredTools } from '../tools/offeredTools';
import { type MarkInPlane, marksInPlanes, PlaneMark } from '../tools/PlaneMark';
import { PlanePoint } from '../tools/PlanePoint';
import type { PromptTool } from '../tools/PromptTool';
import type { ValueRange } from '../tools/paint/coverWith';
import type { PaintGround } from '../tools/paint/PaintGround';
import type { ToolName } from '../tools/ToolName';
import type { Brush } from '../viewer/PaneLayers';
import type { Prompt } from '../wire/Prompt';

const SAMPLE_MS = 500;
const WIDEST = 99;

/** Tools of background, and what a label makes of them. */
const INVERSE: Readonly<Partial<Record<ToolName, ToolName>>> = {
  scribble: 'erase',
  erase: 'scribble',
  brush: 'eraser',
  eraser: 'brush',
};

/** Tools that leave a stroke as wide as the brush. */
const STROKES: ReadonlySet<ToolName> = new Set<ToolName>([
  'scribble',
  'erase',
  'brush',
  'eraser',
]);

const PAINTS: ReadonlySet<ToolName> = new Set<ToolName>([
  'brush',
  'eraser',
  'scissors',
  'livewire',
]);

/** What the box needs to know of the rest of the desk. */
export interface ToolPlace {
  readonly geometry: VolumeGeometry;
  readonly ground: PaintGround;
  readonly recorder: EventRecorder;
  /** prompts that the engine takes */
  readonly kinds: readonly string[];
  /** whether it takes marks across the slices */
  readonly anyPlane: boolean;
  /** the project's labels */
  readonly values: readonly number[];
  /** values that look different on the screen; null: all */
  shown(): ValueRange | null;
  /** another tool was taken up, or what it has begun is given up */
  chosen(tool: ToolName): void;
  /** a mark that takes several clicks has got further */
  begun(): void;
}

/** What lies in the reader's hand: the tool, its width, the label it gives. */
export class ToolBox {
  readonly tools: readonly ToolName[];
  tool = $state<ToolName>('pan');
  label = $state(1);
  /** whether a tool without an inverse of its own marks background */
  background = $state(false);
  width = $state(5);
  ball = $state(false);
  /** whether paint keeps to values from `low` to `high` */
  limited = $state(false);
  low = $state(0);
  high = $state(0);
  readonly #place: ToolPlace;
  readonly #points: ExtremePointsTool;
  readonly #wire: LivewireTool;
  /** counts changes of what is begun */
  #changes = $state(0);

  constructor(place: ToolPlace) {
    this.#place = place;
    this.tools = offeredTools(place.kinds);
    this.tool = this.tools[0] ?? 'pan';
    this.label = place.values[0] ?? 1;
    this.#points = new ExtremePointsTool(
      place.geometry,
      () => this.markedLabel,
      () => {
        this.#changes += 1;
        place.begun();
      },
    );
    this.#wire = new LivewireTool(place.geometry, place.ground, {
      label: () => this.markedLabel,
      range: () => this.#range,
      shown: place.shown,
    });
  }

  get #range(): ValueRange | null {
    return this.limited ? { low: this.low, high: this.high } : null;
  }

  /** The label that the chosen tool gives. */
  get markedLabel(): number {
    const inverse = this.tool === 'erase' || this.tool === 'eraser';
    const negative = this.background && INVERSE[this.tool] === undefined;
    return inverse || negative ? 0 : this.label;
  }

  get strokes(): boolean {
    return STROKES.has(this.tool);
  }

  /** Whether the tool makes the reader's own mask. */
  get paints(): boolean {
    return PAINTS.has(this.tool);
  }

  choose(tool: ToolName): void {
    if (this.tools.includes(tool)) {
      this.tool = tool;
      this.background = false;
      this.#points.clear();
      this.#wire.clear();
      this.#place.recorder.record('tool', { tool });
      this.#place.chosen(tool);
    }
  }

  chooseLabel(value: number): void {
    const inverse = INVERSE[this.tool];
    if (value !== 0) {
      if (!this.#place.values.includes(value)) {
        return;
      }
      this.label = value;
    }
    this.#place.recorder.record('label', { label: value });
    if (this.tool === 'pan' && value === 0) {
      this.choose('erase');
    } else if (inverse && (this.markedLabel === 0) !== (value === 0)) {
      this.choose(inverse);
    } else {
      this.background = value === 0 && !inverse;
    }
  }

  setWidth(width: number): void {
    this.width = Math.min(Math.max(Math.round(width), 1), WIDEST);
    this.#place.recorder.sample('width', SAMPLE_MS, { width: this.width });
  }

  /** Paint into the slices beside as well, or on the one shown alone. */
  toggleBall(): void {
    this.ball = !this.ball;
    this.#place.recorder.record('panel', { ball: this.ball });
  }

  /** The label after the chosen one, or (-1) before it, in a ring. */
  stepLabel(by: 1 | -1): void {
    const { values } = this.#place;
    const at = values.indexOf(this.label) + by;
    const next = values[(at + values.length) % values.length];
    if (next !== undefined) {
      this.chooseLabel(next);
    }
  }

  /** Keep paint to values, first to those from black to white; or to none. */
  toggleLimit(): void {
    const seen = this.low === this.high ? this.#place.shown() : null;
    this.limited = !this.limited;
    if (seen) {
      this.low = Math.round(seen.low);
      this.high = Math.round(seen.high);
    }
    this.#place.recorder.record('panel', { limited: this.limited });
  }

  /**
   * The tool for a mark that begins now; null where the button does not mark.
   *
   * @param erases with the other end of a pen, which marks background
   */
  begin(erases = false): PromptTool | null {
    if (this.tool === 'extreme_points' && !erases) {
      return this.#points;
    }
    if (this.tool === 'livewire' && !erases) {
      return this.#wire;
    }
    const { geometry, ground } = this.#place;
    const label = erases ? 0 : this.markedLabel;
    return makeTool(this.tool, geometry, ground, label, this.#brush);
  }

  get #brush(): BrushShape {
    return { width: this.width, ball: this.ball, range: this.#range };
  }

  /** Whether the tool marks in planes across the slices: paint does anywhere. */
  get inPlanes(): boolean {
    const { anyPlane } = this.#place;
    return this.tool === 'extreme_points'
      ? anyPlane
      : marksInPlanes(this.tool, anyPlane);
  }

  /**
   * A mark that begins in a plane across the slices; null: none is made there.
   *
   * @param erases with the other end of a pen, which marks background
   */
  markIn(frame: PlaneFrame, at: number, erases = false): MarkInPlane | null {
    const { geometry, ground, anyPlane } = this.#place;
    if (this.tool === 'extreme_points') {
      return anyPlane && !erases
        ? new PlanePoint(this.#points, geometry, frame, at)
        : null;
    }
    return marksInPlanes(this.tool, anyPlane)
      ? new PlaneMark(this.tool, {
          geometry,
          ground,
          frame,
          at,
          label: erases ? 0 : this.markedLabel,
          brush: this.#brush,
        })
      : null;
  }

  /** Marks of which the hand has let go, but which are not whole yet. */
  get begun(): readonly Prompt[] {
    void this.#changes;
    switch (this.tool) {
      case 'extreme_points':
        return this.#points.draft;
      case 'livewire':
        return this.#wire.draft;
      default:
        return [];
    }
  }

  /** The pointer is elsewhere. @returns whether what is begun follows it */
  follow(index: VoxelIndex): boolean {
    return this.tool === 'livewire' && this.#wire.hover(index);
  }

  /** Make whole what is begun. @returns its prompts; none where it is nothing */
  finish(): readonly Prompt[] {
    return this.tool === 'livewire' ? this.#wire.finish() : [];
  }

  /** Give up what is begun. @returns whether there was anything */
  giveUp(): boolean {
    const any = [this.#points.clear(), this.#wire.clear()].some(Boolean);
    if (any) {
      this.#place.chosen(this.tool);
    }
    return any;
  }

  /** The ring under the pointer; null for tools without one. */
  brushAt(index: VoxelIndex): Brush | null {
    return this.strokes
      ? { at: index, width: this.width, label: this.markedLabel }
      : null;
  }
}
