import type { VoxelIndex } from '../geometry/frames';
import type { PlaneFrame } from '../geometry/PlaneFrame';
import type { MarkInPlane } from '../tools/PlaneMark';
import type { PromptTool } from '../tools/PromptTool';
import type { Brush } from '../viewer/PaneLayers';
import type { Prompt } from '../wire/Prompt';
import { sliceOfPrompt } from '../wire/sliceOfPrompt';
import type { ToolBox } from './ToolBox.svelte';
import type { ViewTool } from './ViewDesk.svelte';

/** What the hand needs to know of the rest of the desk. */
export interface HandPlace {
  readonly slice: number;
  readonly writable: boolean;
  readonly box: ToolBox;
  readonly collector: { take(prompts: readonly Prompt[]): void };
  readonly space: { readonly held: boolean };
  readonly view: { readonly tool: ViewTool | null };
  /** whether a mark is under the hand, in whichever pane */
  readonly mark: { readonly held: boolean };
  /** what is begun is not what it was */
  showBegun(): void;
}

/** What the primary button does with the tool of the box. */
export class MarkHand {
  readonly #place: HandPlace;

  constructor(place: HandPlace) {
    this.#place = place;
  }

  /** Whether the primary button marks: one hand at a time. */
  get #marks(): boolean {
    const { writable, space, view, mark } = this.#place;
    return writable && !space.held && view.tool === null && !mark.held;
  }

  /** The tool for a mark that begins in the slice; null: none is made. */
  begin(erases: boolean): PromptTool | null {
    return this.#marks ? this.#place.box.begin(erases) : null;
  }

  /** A mark that begins in a plane across the slices; null: none is made there. */
  beginInPlane(
    frame: PlaneFrame,
    at: number,
    erases: boolean,
  ): MarkInPlane | null {
    return this.#marks ? this.#place.box.markIn(frame, at, erases) : null;
  }

  /** Marks of this slice that take several clicks, as far as they are made. */
  get begun(): readonly Prompt[] {
    const { box, slice } = this.#place;
    return box.begun.filter((mark) => sliceOfPrompt(mark) === slice);
  }

  /** The ring under the pointer; null where nothing is marked. */
  ringAt(index: VoxelIndex | null): Brush | null {
    const { box, space, view } = this.#place;
    return index && !space.held && view.tool === null
      ? box.brushAt(index)
      : null;
  }

  /** The pointer is elsewhere: what is begun may follow it. */
  follow(index: VoxelIndex | null): void {
    const { box, view } = this.#place;
    if (index && view.tool === null && box.follow(index)) {
      this.#place.showBegun();
    }
  }

  /** Make whole what is begun. @returns whether there was a line to close */
  finish(): boolean {
    const { box, collector } = this.#place;
    const any = box.begun.length > 0;
    const prompts = box.finish();
    if (prompts.length > 0) {
      collector.take(prompts);
    }
    this.#place.showBegun();
    return any && box.tool === 'livewire';
  }
}
