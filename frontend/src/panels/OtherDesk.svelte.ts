import type { Companion } from '../api/Companion';
import type { Shape } from '../geometry/frames';
import { type LinkedSlice, linkedSlice } from '../geometry/linkSlices';
import { VolumeGeometry } from '../geometry/VolumeGeometry';
import type { EventRecorder } from '../session/EventRecorder';
import type { CanvasViewer } from '../viewer/CanvasViewer';

/** Another series of the patient: beside the case, linked, or laid over it. */
export class OtherDesk {
  /** those that there are; empty until they are known */
  series = $state.raw<readonly Companion[]>([]);
  chosen = $state.raw<Companion | null>(null);
  /** whether it is laid over the case's own picture */
  over = $state(false);
  /** of what is laid over, 0 to 1 */
  opacity = $state(0.5);
  /** slices that the other series is shifted by */
  offset = $state(0);
  /** what shows it; its pictures are laid over too */
  viewer = $state.raw<Pick<CanvasViewer, 'values' | 'window'> | null>(null);
  /** counts its slices and windows, so that what lies over follows */
  changes = $state(0);
  readonly geometry = $derived.by(() =>
    this.chosen
      ? new VolumeGeometry(
          this.chosen.shape as unknown as Shape,
          this.chosen.affine,
        )
      : null,
  );
  readonly #own: VolumeGeometry;
  readonly #recorder: EventRecorder;

  constructor(own: VolumeGeometry, recorder: EventRecorder) {
    this.#own = own;
    this.#recorder = recorder;
  }

  /** Whether what is shown can be laid over: both in one frame of reference. */
  get fusible(): boolean {
    return this.chosen?.same_frame === true && this.chosen.channels === 1;
  }

  get fused(): boolean {
    return this.over && this.fusible;
  }

  choose(series: Companion | null): void {
    this.chosen = series;
    this.offset = 0;
    this.#recorder.record('panel', { other: series?.key ?? 'none' });
  }

  /** The one after the one shown; none after the last. */
  next(): void {
    const at = this.series.findIndex(({ key }) => key === this.chosen?.key);
    this.choose(this.series[at + 1] ?? null);
  }

  toggleOver(): void {
    this.over = !this.over;
    this.#recorder.record('panel', { fused: this.fused });
  }

  /** Move the other series alone. */
  shift(by: number): void {
    if (by !== 0) {
      this.offset += by;
      this.#recorder.record('panel', { offset: this.offset });
    }
  }

  /** The slice that goes with one of the case's. */
  beside(slice: number): LinkedSlice | null {
    return this.chosen && this.geometry
      ? linkedSlice(
          this.#own,
          slice,
          this.geometry,
          this.chosen.same_frame,
          this.offset,
        )
      : null;
  }
}
