import type { CanvasPoint, VoxelIndex } from '../geometry/frames';
import type { Viewer } from '../viewer/Viewer';
import type { Prompt } from '../wire/Prompt';
import type { EventData, EventKind } from '../wire/SessionEvent';
import type { PromptTool } from './PromptTool';
import { TouchGesture } from './TouchGesture';
import { WheelNotches } from './WheelNotches';

/** What the pane's input asks for and tells. */
export interface InputTarget {
  /** the tool for a mark that begins now; null where the button moves the view */
  tool(): PromptTool | null;
  live(prompts: readonly Prompt[]): void;
  marked(prompts: readonly Prompt[]): void;
  /** a mark made before is pointed at */
  pick(index: VoxelIndex): void;
  hover(index: VoxelIndex | null): void;
  /** a double click, after what its presses have begun */
  doubled(): void;
  scroll(notches: number): void;
  record(kind: EventKind, data?: EventData): void;
  sample(kind: EventKind, data?: EventData): void;
}

const PRIMARY = 0;
/** What dragging with these `buttons` does, in the library's tools. */
const DRAGS: Readonly<Record<number, EventKind>> = { 2: 'window', 4: 'pan' };

/**
 * The hand on the pane. Marks are taken from pointer events themselves: the
 * library hands a click on 0.4 s late, waiting for a second one.
 */
export class PaneInput {
  readonly #pane: HTMLElement;
  readonly #viewer: Viewer;
  readonly #target: InputTarget;
  readonly #notches = new WheelNotches();
  readonly #touches = new TouchGesture();
  readonly #listening = new AbortController();
  #tool: PromptTool | null = null;
  /** the pointer that draws */
  #hand = 0;
  /** once a pen was seen, fingers and palms only move the picture */
  #penSeen = false;

  constructor(pane: HTMLElement, viewer: Viewer, target: InputTarget) {
    this.#pane = pane;
    this.#viewer = viewer;
    this.#target = target;
    const { signal } = this.#listening;
    const options = { signal, capture: true };
    pane.addEventListener('pointerdown', this.#down, options);
    pane.addEventListener('mousedown', this.#shield, options);
    // Fingers are ours alone: the library would move the picture as well.
    pane.addEventListener('touchstart', (e) => e.stopPropagation(), options);
    pane.addEventListener('pointermove', this.#move, options);
    pane.addEventListener('pointerup', this.#up, options);
    pane.addEventListener(
      'pointercancel',
      (event) => {
        this.#touches.up(event.pointerId);
        this.cancel();
      },
      options,
    );
    pane.addEventListener('pointerleave', () => target.hover(null), options);
    pane.addEventListener('dblclick', () => target.doubled(), options);
    pane.addEventListener('contextmenu', (e) => e.preventDefault(), options);
    pane.addEventListener('wheel', this.#wheel, { ...options, passive: false });
  }

  get drawing(): boolean {
    return this.#tool !== null;
  }

  /** Give up the mark under the hand. @returns whether there was one */
  cancel(): boolean {
    if (!this.#tool) {
      return false;
    }
    this.#tool = null;
    this.#target.live([]);
    this.#target.record('pointer_cancel');
    return true;
  }

  destroy(): void {
    this.#listening.abort();
  }

  readonly #down = (event: PointerEvent): void => {
    if (event.pointerType === 'touch' && !this.#takesFinger(event)) {
      return;
    }
    this.#penSeen ||= event.pointerType === 'pen';
    const index = this.#indexOf(event);
    if (event.button !== PRIMARY || this.#tool || !index) {
      return;
    }
    if (event.altKey) {
      this.#target.pick(index);
      return;
    }
    this.#tool = this.#target.tool();
    if (!this.#tool) {
      return;
    }
    this.#hand = event.pointerId;
    this.#pane.setPointerCapture(event.pointerId);
    this.#target.record('pointer_down', {
      slice: this.#viewer.slice,
      pointer: event.pointerType,
    });
    this.#tool.begin(index);
    this.#target.live(this.#tool.draft);
  };

  /** @returns whether the finger may draw: the first one, and no pen near */
  #takesFinger(event: PointerEvent): boolean {
    this.#touches.down(event.pointerId, this.#pointOf(event));
    if (this.#touches.count > 1) {
      this.cancel();
    }
    return this.#touches.count === 1 && !this.#penSeen;
  }

  /** Fingers that do not draw move the picture and bring it nearer. */
  #moveByTouch(event: PointerEvent): void {
    const moved = this.#touches.move(event.pointerId, this.#pointOf(event));
    if (this.#tool || !moved) {
      return;
    }
    const { right, down, factor, middle } = moved;
    const { clientWidth, clientHeight } = this.#pane;
    this.#viewer.zoomBy(factor);
    // The library comes nearer to the pane's middle; the fingers are elsewhere.
    this.#viewer.panBy(
      right + (middle[0] - clientWidth / 2) * (1 - factor),
      down + (middle[1] - clientHeight / 2) * (1 - factor),
    );
    this.#target.sample(factor === 1 ? 'pan' : 'zoom');
  }

  /** The library must not wait for a second click of a mark. */
  readonly #shield = (event: MouseEvent): void => {
    if (event.button === PRIMARY && this.#tool) {
      event.stopPropagation();
      // Also keeps the keyboard's focus where it is.
      event.preventDefault();
    }
  };

  readonly #move = (event: PointerEvent): void => {
    if (event.pointerType === 'touch') {
      this.#moveByTouch(event);
    }
    if (this.#tool && event.pointerId !== this.#hand) {
      return;
    }
    const drag = DRAGS[event.buttons];
    if (drag) {
      this.#target.sample(drag);
    }
    if (this.#tool) {
      const path = event.getCoalescedEvents?.() ?? [];
      for (const point of path.length > 0 ? path : [event]) {
        const index = this.#indexOf(point);
        if (index) {
          this.#tool.move(index);
        }
      }
      this.#target.live(this.#tool.draft);
    }
    this.#target.hover(this.#indexOf(event));
  };

  readonly #up = (event: PointerEvent): void => {
    this.#touches.up(event.pointerId);
    if (event.pointerId !== this.#hand || !this.#tool) {
      return;
    }
    const prompts = this.#tool.end();
    this.#tool = null;
    this.#target.record('pointer_up', { prompts: prompts.length });
    if (prompts.length > 0) {
      this.#target.marked(prompts);
    }
    this.#target.live([]);
  };

  readonly #wheel = (event: WheelEvent): void => {
    event.preventDefault();
    if (event.ctrlKey) {
      this.#target.sample('zoom');
      return;
    }
    const notches = this.#tool ? 0 : this.#notches.take(event);
    if (notches !== 0) {
      this.#target.scroll(notches);
    }
  };

  #indexOf(event: PointerEvent): VoxelIndex | null {
    return this.#viewer.indexAt(this.#pointOf(event));
  }

  #pointOf(event: PointerEvent): CanvasPoint {
    const box = this.#pane.getBoundingClientRect();
    return [event.clientX - box.left, event.clientY - box.top];
  }
}
