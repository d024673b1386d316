import type { CanvasPoint, VoxelIndex } from '../geometry/frames';
import type { Viewer } from '../viewer/Viewer';
import type { Prompt } from '../wire/Prompt';
import type { EventData, EventKind } from '../wire/SessionEvent';
import { ERASER, type Grasp, PaneHand, PRIMARY } from './PaneHand';
import type { PromptTool } from './PromptTool';
import { pinch } from './TouchGesture';
import { WheelNotches } from './WheelNotches';

/** What the pane's input asks for and tells. */
export interface InputTarget {
  /**
   * The tool for a mark that begins now; null where the button moves the view.
   *
   * @param erases with the other end of a pen
   */
  tool(erases: boolean): PromptTool | null;
  /** what a view tool in the hand does from here on; null: there is none up */
  view(at: CanvasPoint): Grasp | null;
  live(prompts: readonly Prompt[]): void;
  marked(prompts: readonly Prompt[]): void;
  /** a mark made before is pointed at */
  pick(index: VoxelIndex): void;
  hover(index: VoxelIndex | null, at: CanvasPoint | null): void;
  /** a mark is under the hand; null: no longer */
  holds(hand: PaneHand | null): void;
  /** a double click, after what its presses have begun */
  doubled(): void;
  scroll(notches: number): void;
  record(kind: EventKind, data?: EventData): void;
  sample(kind: EventKind, data?: EventData): void;
}

/** What dragging with these `buttons` does, in the library's tools. */
const DRAGS: Readonly<Record<number, EventKind>> = { 2: 'window', 4: 'pan' };

/**
 * The hand on the large pane. Marks are taken from pointer events themselves,
 * and lie on the slice where they began, whatever is shown meanwhile.
 */
export class PaneInput {
  readonly #viewer: Viewer;
  readonly #target: InputTarget;
  readonly #hand: PaneHand;
  readonly #notches = new WheelNotches();
  readonly #listening = new AbortController();

  constructor(pane: HTMLElement, viewer: Viewer, target: InputTarget) {
    this.#viewer = viewer;
    this.#target = target;
    this.#hand = new PaneHand(pane, {
      press: this.#press,
      pinch: (moved) => {
        pinch(viewer, moved, pane);
        target.sample(moved.factor === 1 ? 'pan' : 'zoom');
      },
      hover: (at, event) => {
        const drag = DRAGS[event.buttons];
        if (drag && at) {
          target.sample(drag);
        }
        target.hover(at && viewer.indexAt(at), at);
      },
      holds: (hand) => target.holds(hand),
    });
    const options = { signal: this.#listening.signal, capture: true };
    pane.addEventListener('mousedown', this.#shield, options);
    // Fingers are ours alone: the library would move the picture as well.
    pane.addEventListener('touchstart', (e) => e.stopPropagation(), options);
    pane.addEventListener('dblclick', () => target.doubled(), options);
    pane.addEventListener('wheel', this.#wheel, { ...options, passive: false });
  }

  destroy(): void {
    this.#hand.destroy();
    this.#listening.abort();
  }

  readonly #press = (
    at: CanvasPoint,
    event: PointerEvent,
    mayMark: boolean,
  ): Grasp | null => {
    const index = this.#viewer.indexAt(at);
    const erases = event.button === ERASER;
    if ((event.button !== PRIMARY && !erases) || !index) {
      return null;
    }
    if (event.altKey) {
      this.#target.pick(index);
      return null;
    }
    const view = this.#target.view(at);
    if (view || !mayMark) {
      return view;
    }
    const tool = this.#target.tool(erases);
    return tool && this.#markWith(tool, index, event.pointerType);
  };

  #markWith(tool: PromptTool, index: VoxelIndex, pointer: string): Grasp {
    const target = this.#target;
    const [slice] = index;
    target.record('pointer_down', { slice, pointer });
    tool.begin(index);
    target.live(tool.draft);
    return {
      marks: true,
      move: (path) => {
        for (const at of path) {
          const under = this.#viewer.indexAt(at);
          if (under) {
            tool.move([slice, under[1], under[2]]);
          }
        }
        target.live(tool.draft);
      },
      end: () => {
        const prompts = tool.end();
        target.record('pointer_up', { prompts: prompts.length });
        if (prompts.length > 0) {
          target.marked(prompts);
        }
        target.live([]);
      },
      giveUp: () => {
        target.live([]);
        target.record('pointer_cancel');
      },
    };
  }

  /** Nothing on the page is selected or dragged by a mark. */
  readonly #shield = (event: MouseEvent): void => {
    if (event.button === PRIMARY && this.#hand.marking) {
      event.stopPropagation();
      event.preventDefault();
    }
  };

  readonly #wheel = (event: WheelEvent): void => {
    event.preventDefault();
    if (event.ctrlKey) {
      this.#target.sample('zoom');
      return;
    }
    const notches = this.#hand.marking ? 0 : this.#notches.take(event);
    if (notches !== 0) {
      this.#target.scroll(notches);
    }
  };
}
