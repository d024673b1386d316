import type { Viewer, Window } from './Viewer';

/** What of a viewer the buttons that do not draw act on. */
export type DragTarget = Pick<Viewer, 'panBy' | 'zoomBy' | 'setWindow'> & {
  /** null where the picture has none (colours) */
  readonly window: Window | null;
};

/** A drag this long (CSS pixels) changes the window by its own width. */
const WINDOW_DRAG_PIXELS = 400;
const NOTCH = 1.1;

/** Right drag: window. Middle drag: pan. Ctrl + wheel: zoom at the pointer. */
export class ViewDrag {
  readonly #element: HTMLElement;
  readonly #target: DragTarget;
  readonly #listening = new AbortController();
  /** whether the primary button moves the picture */
  panning = false;
  #drag: { kind: 'pan' | 'window'; x: number; y: number } | null = null;

  constructor(element: HTMLElement, target: DragTarget) {
    this.#element = element;
    this.#target = target;
    const { signal } = this.#listening;
    element.addEventListener('pointerdown', this.#down, { signal });
    element.addEventListener('pointermove', this.#move, { signal });
    for (const end of ['pointerup', 'pointercancel'] as const) {
      element.addEventListener(end, () => this.#end(), { signal });
    }
    element.addEventListener('wheel', this.#wheel, { signal, passive: false });
  }

  destroy(): void {
    this.#listening.abort();
  }

  readonly #down = (event: PointerEvent): void => {
    const kind =
      event.button === 2
        ? 'window'
        : event.button === 1 || (event.button === 0 && this.panning)
          ? 'pan'
          : null;
    // Fingers are the pane's own: they come by `panBy` and `zoomBy`.
    if (kind && event.pointerType !== 'touch') {
      // The middle button would scroll the page.
      event.preventDefault();
      this.#element.setPointerCapture(event.pointerId);
      this.#drag = { kind, x: event.clientX, y: event.clientY };
    }
  };

  readonly #move = (event: PointerEvent): void => {
    if (!this.#drag) {
      return;
    }
    const { kind, x, y } = this.#drag;
    this.#drag = { kind, x: event.clientX, y: event.clientY };
    const by = [event.clientX - x, event.clientY - y] as const;
    if (kind === 'pan') {
      this.#target.panBy(...by);
    } else {
      this.#windowBy(...by);
    }
  };

  /** Right widens, up brightens. */
  #windowBy(right: number, down: number): void {
    const { window } = this.#target;
    if (window) {
      const step = Math.max(window.width, 10) / WINDOW_DRAG_PIXELS;
      this.#target.setWindow({
        center: window.center + down * step,
        width: Math.max(window.width + right * step, 1),
      });
    }
  }

  #end(): void {
    this.#drag = null;
  }

  readonly #wheel = (event: WheelEvent): void => {
    if (event.ctrlKey && event.deltaY !== 0) {
      event.preventDefault();
      const box = this.#element.getBoundingClientRect();
      const factor = this.#target.zoomBy(event.deltaY < 0 ? NOTCH : 1 / NOTCH);
      // The viewer comes nearer to its middle; the pointer is elsewhere.
      this.#target.panBy(
        (event.clientX - box.left - box.width / 2) * (1 - factor),
        (event.clientY - box.top - box.height / 2) * (1 - factor),
      );
    }
  };
}
