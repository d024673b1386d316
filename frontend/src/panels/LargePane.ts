import { PaneInput } from '../tools/PaneInput';
import { PaneLayers } from '../viewer/PaneLayers';
import type { Viewer } from '../viewer/Viewer';
import type { CaseDesk } from './CaseDesk.svelte';

/** The elements of the pane: itself, and what lies on its picture. */
export interface PaneElements {
  readonly pane: HTMLElement;
  readonly mask: HTMLCanvasElement;
  readonly marks: HTMLCanvasElement;
}

const SAMPLE_MS = 500;
/** How far beside a mark (CSS pixels) still points at it. */
const PICK_PIXELS = 5;

/** The pane of the slices: what lies on a viewer's picture, and the hand on it. */
export class LargePane {
  readonly #desk: CaseDesk;
  readonly #layers: PaneLayers;
  readonly #input: PaneInput;

  constructor(desk: CaseDesk, viewer: Viewer, elements: PaneElements) {
    this.#desk = desk;
    const { marks, look, turns, view, recorder } = desk;
    this.#layers = new PaneLayers(
      viewer,
      {
        shape: desk.shape,
        labels: (slice) => desk.labelsOf(slice),
        unanswered: () => marks.unanswered,
        history: () => marks.made,
        selected: () => turns.selectedPrompts,
        colorOf: (label) => look.colorOf(label),
        style: () => look.style(),
      },
      elements.mask,
      elements.marks,
    );
    this.#input = new PaneInput(elements.pane, viewer, {
      tool: (erases) => desk.hand.begin(erases),
      live: (prompts) =>
        prompts.length > 0 ? this.#layers.setLive(prompts) : this.showBegun(),
      marked: (prompts) => desk.collector.take(prompts),
      view: (at) => view.take(0, at),
      holds: (hand) => desk.mark.holds(hand),
      pick: ([, row, column]) =>
        turns.pick(row, column, PICK_PIXELS / (viewer.placement?.scale ?? 1)),
      hover: (index, at) => {
        view.point(0, at);
        this.#layers.setBrush(desk.hand.ringAt(index));
        desk.hand.follow(index);
      },
      doubled: () => view.tool ?? desk.hand.finish(),
      scroll: (notches) => desk.step(notches),
      record: (kind, data) => recorder.record(kind, data),
      sample: (kind, data) => recorder.sample(kind, SAMPLE_MS, data),
    });
  }

  /** Mask or marks changed. @param drawn called when that is on the screen */
  redraw(drawn?: () => void): void {
    this.#layers.maskChanged(drawn);
  }

  restyle(): void {
    this.#layers.styleChanged();
  }

  /** Show what is begun on the slice, as far as it is made. */
  showBegun(): void {
    this.#layers.setLive(this.#desk.hand.begun);
  }

  /** Another tool is in the hand: nothing of the last one is shown. */
  clearHand(): void {
    this.#layers.setBrush(null);
    this.#layers.setLive([]);
  }

  destroy(): void {
    this.#input.destroy();
    this.#layers.destroy();
  }
}
