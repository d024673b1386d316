import type { SessionDetail } from '../api/SessionDetail';
import type { EventRecorder } from '../session/EventRecorder';
import type { ValueRange } from '../tools/paint/coverWith';
import type { Viewer, Window } from '../viewer/Viewer';
import {
  type ShareWindow,
  shareWindows,
  type WindowPreset,
  windowPresets,
} from '../viewer/windowPresets';

/** What the window needs to know of the rest of the desk. */
export interface WindowPlace {
  readonly viewer: Viewer | null;
  /** the window that the reader left */
  readonly memory: { readonly window: Window | null };
}

const SAMPLE_MS = 500;
/** A drag this long changes the window by its own width. */
const DRAG_PIXELS = 400;

/** Which values are black and which white, and what else may be chosen. */
export class WindowDesk {
  /** the window of the picture, once there is one */
  window = $state.raw<Window | null>(null);
  /** the volume's own; null where it has none, or colours */
  readonly own: Window | null;
  readonly presets: readonly WindowPreset[];
  readonly shares: readonly ShareWindow[];
  readonly #colored: boolean;
  readonly #recorder: EventRecorder;
  readonly #place: WindowPlace;

  constructor(
    { window, channels, modality }: SessionDetail['volume'],
    recorder: EventRecorder,
    place: WindowPlace,
  ) {
    const [center, width] = window;
    this.#colored = channels > 1;
    this.own =
      center !== undefined && width !== undefined && !this.#colored
        ? { center, width }
        : null;
    this.presets = windowPresets(modality, this.own);
    this.shares = shareWindows(modality);
    this.#recorder = recorder;
    this.#place = place;
  }

  /** The window that the picture begins with. */
  get first(): Window | null {
    return this.own && (this.window ?? this.#place.memory.window ?? this.own);
  }

  /** Values from black to white; null where they are colours. */
  get range(): ValueRange | null {
    const window = this.#colored ? null : (this.window ?? this.own);
    return (
      window && {
        low: window.center - window.width / 2,
        high: window.center + window.width / 2,
      }
    );
  }

  choose(window: Window): void {
    this.#recorder.record('window', { ...window });
    this.#place.viewer?.setWindow(window);
  }

  /** Drag by CSS pixels: right widens, up brightens. */
  drag(right: number, down: number): void {
    const { center, width } = this.window ?? this.own ?? {};
    if (center !== undefined && width !== undefined) {
      const step = Math.max(width, 10) / DRAG_PIXELS;
      this.#recorder.sample('window', SAMPLE_MS);
      this.#place.viewer?.setWindow({
        center: center + down * step,
        width: Math.max(width + right * step, 1),
      });
    }
  }
}
