import type { SessionDetail } from '../api/SessionDetail';
import type { EventRecorder } from '../session/EventRecorder';
import type { MaskStyle } from '../viewer/LabelStyle';
import { parseColor } from '../viewer/parseColor';
import type { Palette, Preferences } from './Preferences.svelte';
import { paletteColor } from './paletteColor';

/** A label as the reader sees and sets it. */
export interface DeskLabel {
  readonly value: number;
  readonly name: string;
  color: string;
  visible: boolean;
}

/** What draws in the look. */
export interface LookPlace {
  /** labels look different */
  restyle(): void;
  /** what is shown of marks is not what it was */
  redraw(): void;
}

const SAMPLE_MS = 500;
const UNKNOWN_COLOR = '#ffffff';

/** How mask and marks look: colours, opacity, outlines, and what is hidden. */
export class MaskLook {
  opacity = $state(0.4);
  outline = $state(true);
  marksShown = $state(true);
  labels = $state<DeskLabel[]>([]);
  readonly #project: SessionDetail['labels'];
  readonly #preferences: Preferences;
  readonly #recorder: EventRecorder;
  readonly #place: LookPlace;

  /** @param project its labels, in its own colours */
  constructor(
    project: SessionDetail['labels'],
    preferences: Preferences,
    recorder: EventRecorder,
    place: LookPlace,
  ) {
    this.#project = project;
    this.#preferences = preferences;
    this.#recorder = recorder;
    this.#place = place;
    this.labels = project.map((label, i) => ({
      ...label,
      color: paletteColor(preferences.liked.palette, label.color, i),
      visible: true,
    }));
  }

  labelOf(value: number): DeskLabel | undefined {
    return this.labels.find((label) => label.value === value);
  }

  colorOf(value: number): string {
    return this.labelOf(value)?.color ?? UNKNOWN_COLOR;
  }

  style(): MaskStyle {
    return {
      labels: this.labels.map(({ value, color, visible }) => ({
        value,
        color: parseColor(color),
        visible,
      })),
      opacity: this.opacity,
      outline: this.outline,
      dashes: this.#preferences.liked.dashes,
    };
  }

  setOpacity(opacity: number): void {
    this.opacity = Math.min(Math.max(opacity, 0), 1);
    this.#recorder.sample('opacity', SAMPLE_MS, { opacity: this.opacity });
    this.#place.restyle();
  }

  toggleOutline(): void {
    this.outline = !this.outline;
    this.#recorder.record('panel', { outline: this.outline });
    this.#place.restyle();
  }

  toggleMarks(): void {
    this.marksShown = !this.marksShown;
    this.#recorder.record('panel', { marks: this.marksShown });
    this.#place.redraw();
  }

  toggleVisible(label: DeskLabel): void {
    label.visible = !label.visible;
    this.#recorder.record('visibility_label', {
      label: label.value,
      visible: label.visible,
    });
    this.#place.restyle();
  }

  /** Labels in the project's colours, or in those that everybody tells apart. */
  choosePalette(palette: Palette): void {
    this.#preferences.like('palette', palette);
    this.#project.forEach(({ value, color }, i) => {
      const label = this.labelOf(value);
      if (label) {
        label.color = paletteColor(palette, color, i);
      }
    });
    this.#place.restyle();
  }

  chooseDashes(on: boolean): void {
    this.#preferences.like('dashes', on);
    this.#place.restyle();
  }
}
