import type { Shape, VoxelIndex } from '../geometry/frames';
import type { Prompt } from '../wire/Prompt';
import { burnMarks } from './burnMarks';
import { ChangeFlash } from './ChangeFlash';
import type { MaskStyle } from './LabelStyle';
import { isScribble, LiveLayer } from './LiveLayer';
import { MarkLayer } from './MarkLayer';
import { MaskLayer } from './MaskLayer';
import type { Viewer } from './Viewer';

/** What the layers show; asked whenever they draw. */
export interface PaneSource {
  readonly shape: Shape;
  labels(slice: number): Uint8Array | null;
  /** marks that no answer contains yet */
  unanswered(): readonly Prompt[];
  /** marks to show as lines; none when the reader hides them */
  history(): readonly Prompt[];
  /** those of them that stand out */
  selected(): readonly Prompt[];
  colorOf(label: number): string;
  style(): MaskStyle;
}

export interface Brush {
  readonly at: VoxelIndex;
  readonly width: number;
  readonly label: number;
}

/**
 * Mask and marks above the picture. They follow the picture in the same frame;
 * changes of their own are gathered into the next one.
 */
export class PaneLayers {
  readonly #viewer: Viewer;
  readonly #source: PaneSource;
  readonly #mask: MaskLayer;
  readonly #marks: MarkLayer;
  readonly #hand: LiveLayer;
  readonly #flash: ChangeFlash;
  readonly #stop: () => void;
  #live: readonly Prompt[] = [];
  #brush: Brush | null = null;
  #maskStale = true;
  #marksStale = true;
  #paintedSlice = -1;
  #frame = 0;
  #drawn: (() => void)[] = [];

  constructor(
    viewer: Viewer,
    source: PaneSource,
    maskCanvas: HTMLCanvasElement,
    markCanvas: HTMLCanvasElement,
  ) {
    this.#viewer = viewer;
    this.#source = source;
    this.#mask = new MaskLayer(maskCanvas);
    this.#marks = new MarkLayer(markCanvas, (label) => source.colorOf(label));
    this.#hand = new LiveLayer(markCanvas, (label) => source.colorOf(label));
    this.#flash = new ChangeFlash(markCanvas);
    this.#mask.setStyle(source.style());
    this.#stop = viewer.events.on('drawn', () => {
      this.#drawMask();
      this.#drawMarks();
      this.#drawHand();
    });
  }

  /** Mask or marks changed. @param drawn called when that is on the screen */
  maskChanged(drawn?: () => void): void {
    this.#maskStale = true;
    this.#marksStale = true;
    if (drawn) {
      this.#drawn.push(drawn);
    }
    this.#schedule();
  }

  styleChanged(): void {
    this.#mask.setStyle(this.#source.style());
    this.maskChanged();
  }

  setLive(prompts: readonly Prompt[]): void {
    if (prompts.length > 0) {
      // Who draws on has seen it: nothing else is composed under the hand.
      this.#flash.end();
    }
    // Strokes under the hand need no canvas.
    this.#marksStale ||= ![...this.#live, ...prompts].every(isScribble);
    this.#live = prompts;
    this.#schedule();
  }

  setBrush(brush: Brush | null): void {
    this.#brush = brush;
    this.#schedule();
  }

  destroy(): void {
    cancelAnimationFrame(this.#frame);
    this.#stop();
    this.#hand.destroy();
    this.#flash.destroy();
  }

  #schedule(): void {
    if (this.#frame === 0) {
      this.#frame = requestAnimationFrame(() => {
        this.#frame = 0;
        if (this.#maskStale) {
          this.#drawMask();
        }
        if (this.#marksStale) {
          this.#drawMarks();
        }
        this.#drawHand();
      });
    }
  }

  #drawMask(): void {
    const { slice } = this.#viewer;
    if (this.#maskStale || slice !== this.#paintedSlice) {
      const { shape } = this.#source;
      const labels = burnMarks(
        this.#source.labels(slice),
        this.#source.unanswered(),
        slice,
        shape,
      );
      this.#mask.setLabels(labels, shape[2]);
      // Answers alone ask to be told when they are drawn.
      this.#flash.show(slice, labels, shape[2], this.#drawn.length > 0);
      this.#maskStale = false;
      this.#paintedSlice = slice;
    }
    this.#mask.draw(this.#viewer.placement);
    this.#flash.place(this.#viewer.placement);
    this.#tellDrawn();
  }

  #drawHand(): void {
    this.#hand.draw(
      this.#viewer.placement,
      this.#live.filter(isScribble),
      this.#brush,
    );
  }

  #drawMarks(): void {
    this.#marks.draw(this.#viewer.placement, {
      slice: this.#viewer.slice,
      history: this.#source.history(),
      selected: this.#source.selected(),
      live: this.#live.filter((prompt) => !isScribble(prompt)),
    });
    this.#marksStale = false;
  }

  /** After this frame: a message is handled once it has been painted. */
  #tellDrawn(): void {
    const waiting = this.#drawn;
    if (waiting.length === 0) {
      return;
    }
    this.#drawn = [];
    const channel = new MessageChannel();
    channel.port1.onmessage = () => {
      channel.port1.close();
      for (const tell of waiting) {
        tell();
      }
    };
    channel.port2.postMessage(null);
  }
}
