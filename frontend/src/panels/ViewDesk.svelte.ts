import type { CanvasPoint, Voxel } from '../geometry/frames';
import { type ObliquePlane, turnPlane } from '../geometry/ObliquePlane';
import {
  type Axis,
  type PlaneFrame,
  planeFrames,
} from '../geometry/PlaneFrame';
import { indexInPlane } from '../geometry/placePlane';
import type { SlicePlacement } from '../geometry/SlicePlacement';
import type { VolumeGeometry } from '../geometry/VolumeGeometry';
import type { EventRecorder } from '../session/EventRecorder';
import type { MaskVolume } from '../session/MaskVolume';
import { DragGrasp } from '../tools/DragGrasp';
import type { Grasp } from '../tools/PaneHand';
import { autoWindow } from '../viewer/autoWindow';
import { occupiedBox } from '../viewer/occupiedBox';
import type { Viewer, Window } from '../viewer/Viewer';
import type { ShareWindow } from '../viewer/windowPresets';
import type { Layout, Preferences } from './Preferences.svelte';
import { Ruler } from './Ruler.svelte';

/** What a view needs to know of the rest of the desk. */
export interface ViewPlace {
  readonly geometry: VolumeGeometry;
  readonly viewer: Viewer | null;
  readonly color: boolean;
  readonly slice: number;
  readonly count: number;
  readonly levels: {
    readonly presets: readonly Window[];
    readonly shares: readonly ShareWindow[];
    choose(window: Window): void;
  };
  readonly mask: MaskVolume;
  readonly space: { readonly held: boolean };
  /** whether a mark is under the hand: what it lies on stays */
  readonly mark: { readonly held: boolean };
  goto(slice: number): void;
}

/** What the primary button does when it does not mark. */
export type ViewTool = 'crosshair' | 'ruler' | 'probe' | 'magnifier';

const CINE_PER_S = 12;
const NUDGE_PIXELS = 40;
const ZOOM_STEP = 1.25;

/** How the volume is looked at: planes, crosshair, picture, measures, cine. */
export class ViewDesk {
  readonly ruler: Ruler;
  readonly frames: readonly [PlaneFrame, PlaneFrame, PlaneFrame];
  readonly preferences: Preferences;
  /** whether the volume has more than one slice of grey values to cut */
  readonly planar: boolean;
  tool = $state<ViewTool | null>(null);
  inverse = $state(false);
  playing = $state(false);
  /** where the pointer is, over the plane across which axis */
  pointer = $state.raw<{ axis: Axis; at: CanvasPoint } | null>(null);
  row = $state(0);
  column = $state(0);
  /** degrees that the oblique plane is turned and tilted by */
  angles = $state.raw({ turn: 0, tilt: 0 });
  /** counts what fits every pane anew */
  fits = $state(0);
  /** where the planes across y and x lie in their panes */
  readonly placements: Partial<Record<Axis, SlicePlacement>> = {};
  readonly #place: ViewPlace;
  readonly #recorder: EventRecorder;
  #preset = 0;
  #cine: ReturnType<typeof setInterval> | undefined;

  constructor(
    place: ViewPlace,
    preferences: Preferences,
    recorder: EventRecorder,
  ) {
    this.#place = place;
    this.preferences = preferences;
    this.#recorder = recorder;
    this.ruler = new Ruler((measures) =>
      recorder.record('panel', { measures }),
    );
    this.frames = planeFrames(place.geometry);
    const [depth, height, width] = place.geometry.shape;
    this.planar = depth === 1 || place.color;
    this.row = Math.floor(height / 2);
    this.column = Math.floor(width / 2);
  }

  /** Give the first picture the look the reader likes. */
  begin(): void {
    if (!this.preferences.liked.smooth) {
      this.#place.viewer?.setSmooth(false);
    }
  }

  get layout(): Layout {
    return this.planar ? 'single' : this.preferences.liked.layout;
  }

  /** Whether the surface of the mask is shown in a pane of its own. */
  get surface(): boolean {
    return !this.planar && this.preferences.liked.surface;
  }

  /** Whether a plane turned about the crosshair is shown. */
  get oblique(): boolean {
    return !this.planar && this.preferences.liked.oblique;
  }

  get obliquePlane(): ObliquePlane {
    return turnPlane(this.frames[0], this.angles.turn, this.angles.tilt);
  }

  /** Where the crosshair is; its slice is the one shown. */
  get at(): Voxel {
    return [this.#place.slice, this.row, this.column];
  }

  /** Whether lines show where the planes cut each other. */
  get crossed(): boolean {
    return (
      this.tool === 'crosshair' ||
      (this.layout !== 'single' && this.preferences.liked.crosshair)
    );
  }

  chooseLayout(layout: Layout): void {
    this.preferences.like('layout', layout);
    this.#recorder.record('panel', { layout });
  }

  nextLayout(): void {
    if (!this.planar) {
      this.preferences.next('layout');
      this.#recorder.record('panel', { layout: this.layout });
    }
  }

  toggleSurface(): void {
    this.preferences.like('surface', !this.preferences.liked.surface);
    this.#recorder.record('panel', { surface: this.surface });
  }

  toggleOblique(): void {
    this.preferences.like('oblique', !this.preferences.liked.oblique);
    this.#recorder.record('panel', { oblique: this.oblique });
  }

  /** Turn the oblique plane further, by degrees. */
  turnOblique(turn: number, tilt: number): void {
    const within = (degrees: number): number =>
      ((((degrees + 180) % 360) + 360) % 360) - 180;
    this.angles = {
      turn: within(this.angles.turn + turn),
      tilt: within(this.angles.tilt + tilt),
    };
    this.#recorder.sample('panel', 500, { ...this.angles });
  }

  straightenOblique(): void {
    this.angles = { turn: 0, tilt: 0 };
  }

  /** Move the crosshair through the oblique plane, a voxel at a time. */
  stepOblique(by: number): void {
    const { geometry } = this.#place;
    const { away } = this.obliquePlane;
    const along = ([0, 1, 2] as const).map((axis) => {
      const direction = geometry.direction(axis);
      return away.reduce((sum, part, i) => sum + part * (direction[i] ?? 0), 0);
    });
    const axis = along.reduce(
      (best, part, i) =>
        Math.abs(part) > Math.abs(along[best] ?? 0) + 1e-9 ? i : best,
      0,
    );
    if (by !== 0) {
      const to: [number, number, number] = [...this.at];
      to[axis] = (to[axis] as number) + by * Math.sign(along[axis] as number);
      this.moveTo(to);
    }
  }

  /** Put the crosshair on a voxel; every plane follows. */
  moveTo(voxel: Voxel): void {
    if (this.#place.mark.held) {
      return;
    }
    const [z, y, x] = this.#place.geometry.clamp(voxel);
    this.row = y;
    this.column = x;
    if (z !== this.#place.slice) {
      this.#place.goto(z);
    }
    this.#recorder.sample('scroll', 500, { z, y, x });
  }

  /** Take a view tool up, or put it down again. */
  chooseTool(tool: ViewTool | null): void {
    this.tool = this.tool === tool ? null : tool;
    this.pointer = null;
    this.#recorder.record('panel', { view: this.tool ?? 'none' });
  }

  /** The pointer is over a pane, or (null) has left it. */
  point(axis: Axis, at: CanvasPoint | null): void {
    if (this.tool || this.pointer) {
      this.pointer = at && { axis, at };
    }
  }

  /**
   * What the primary button does with a view tool up, in the plane across an
   * axis; null: no tool is up, or Space moves the picture.
   */
  take(axis: Axis, from: CanvasPoint): Grasp | null {
    if (this.tool === null || this.#place.space.held) {
      return null;
    }
    this.point(axis, from);
    if (this.tool === 'ruler') {
      return this.ruler.from(from, axis, this.at[axis], () =>
        this.#placement(axis),
      );
    }
    // The magnifier is the large pane's.
    const still = this.tool === 'probe' || axis === 0;
    return this.tool !== 'crosshair' && still
      ? new DragGrasp(from, () => undefined)
      : this.dragCross(axis, from);
  }

  /** The crosshair goes where the pointer does. */
  dragCross(axis: Axis, from: CanvasPoint): Grasp {
    const put = (point: CanvasPoint): void => {
      const place = this.#placement(axis)?.indexAt(point);
      if (place) {
        const index = indexInPlane(this.frames[axis], this.at[axis], ...place);
        this.moveTo(this.#place.geometry.voxelOf(index));
      }
    };
    put(from);
    return new DragGrasp(from, (_right, _down, at) => put(at));
  }

  #placement(axis: Axis): SlicePlacement | null {
    return axis === 0
      ? (this.#place.viewer?.placement ?? null)
      : (this.placements[axis] ?? null);
  }

  toggleInverse(): void {
    this.inverse = !this.inverse;
    this.#place.viewer?.setInverse(this.inverse);
    this.#recorder.record('window', { inverse: this.inverse });
  }

  toggleSmooth(): void {
    this.preferences.like('smooth', !this.preferences.liked.smooth);
    this.#place.viewer?.setSmooth(this.preferences.liked.smooth);
    this.#recorder.record('panel', { smooth: this.preferences.liked.smooth });
  }

  /**
   * The window that suits what is on the slice.
   *
   * @param share of its values that may be left out at either end
   */
  fitWindow(share = (this.#place.levels.shares[0] as ShareWindow).share): void {
    const values = this.#place.viewer?.values(this.#place.slice);
    if (values && !this.#place.color) {
      this.#place.levels.choose(autoWindow(values, share));
    }
  }

  stepPreset(by: number): void {
    const { levels, color } = this.#place;
    const all = [...levels.presets, ...levels.shares];
    if (!color) {
      this.#preset = (this.#preset + by + all.length) % all.length;
      const next = all[this.#preset] as Window | ShareWindow;
      if ('share' in next) {
        this.fitWindow(next.share);
      } else {
        levels.choose(next);
      }
    }
  }

  fit(): void {
    this.fits += 1;
  }

  /** Bring the mask of this slice as near as the pane allows. */
  zoomToMask(): void {
    const { mask, slice, geometry, viewer } = this.#place;
    const labels = mask.slice(slice);
    const box = labels && occupiedBox(labels, geometry.shape[2]);
    if (box) {
      viewer?.zoomTo(box);
      this.#recorder.record('zoom', { mask: true });
    }
  }

  zoom(by: 1 | -1): void {
    this.#place.viewer?.zoomBy(ZOOM_STEP ** by);
    this.#recorder.sample('zoom', 500);
  }

  nudge(right: number, down: number): void {
    this.#place.viewer?.panBy(right * NUDGE_PIXELS, down * NUDGE_PIXELS);
    this.#recorder.sample('pan', 500);
  }

  /** Run through the slices, from the last on to the first. */
  toggleCine(): void {
    if (this.playing) {
      this.stopCine();
    } else if (this.#place.count > 1) {
      this.playing = true;
      this.#recorder.record('scroll', { cine: true });
      this.#cine = setInterval(() => {
        this.#place.goto((this.#place.slice + 1) % this.#place.count);
      }, 1000 / CINE_PER_S);
    }
  }

  stopCine(): void {
    clearInterval(this.#cine);
    this.playing = false;
  }
}
