import { fetchInterpolation } from '../api/fetchInterpolation';
import type { SessionDetail } from '../api/SessionDetail';
import { sendLastEvents } from '../api/sendLastEvents';
import type { Shape } from '../geometry/frames';
import { VolumeGeometry } from '../geometry/VolumeGeometry';
import type { EventRecorder } from '../session/EventRecorder';
import { Foresight } from '../session/Foresight';
import type { MaskVolume } from '../session/MaskVolume';
import type { SeatHold } from '../session/SeatHold';
import type { Session } from '../session/Session';
import type { MaskCause } from '../session/SessionEvents';
import type { SessionStatus } from '../session/SessionStatus';
import type { Shelf } from '../session/Shelf';
import { VisitPlanner } from '../session/VisitPlanner';
import type { Viewer } from '../viewer/Viewer';
import { asWireError } from '../wire/asWireError';
import { CaseMarks } from './CaseMarks';
import { DeskGround } from './DeskGround.svelte';
import { HandMemory } from './HandMemory';
import { HeldMark } from './HeldMark';
import type { Keymap } from './Keymap.svelte';
import { LabelRemoval } from './LabelRemoval';
import { LargePane, type PaneElements } from './LargePane';
import { MarkCollector } from './MarkCollector.svelte';
import { MarkHand } from './MarkHand';
import { MaskLook } from './MaskLook.svelte';
import { MaskSteps } from './MaskSteps.svelte';
import { NoticeBoard } from './NoticeBoard.svelte';
import { OtherDesk } from './OtherDesk.svelte';
import type { Preferences } from './Preferences.svelte';
import { RestedSlice } from './RestedSlice.svelte';
import { SliceArrivals } from './SliceArrivals.svelte';
import { SpaceBar } from './SpaceBar.svelte';
import { SubmitDesk } from './SubmitDesk.svelte';
import { TabDesk } from './TabDesk.svelte';
import { ToolBox } from './ToolBox.svelte';
import { TurnDesk } from './TurnDesk.svelte';
import { UncertaintyDesk } from './UncertaintyDesk.svelte';
import { ViewDesk } from './ViewDesk.svelte';
import { WindowDesk } from './WindowDesk.svelte';

/**
 * The reader's desk: what is chosen and shown on the page, and everything that
 * a button or a key may do. Panels read its fields and call its methods.
 */
export class CaseDesk {
  readonly detail: SessionDetail;
  readonly geometry: VolumeGeometry;
  readonly recorder: EventRecorder;
  readonly color: boolean;

  slice = $state(0);
  /** the slice asked for, while another one is still on the screen */
  awaited = $state<number | null>(null);
  status = $state.raw<SessionStatus>();
  helpOpen = $state(false);
  settingsOpen = $state(false);
  tourOpen = $state(false);
  /** whether marks are taken: by its reader, until it is submitted */
  readonly writable = $derived.by(
    () =>
      this.detail.writable &&
      !this.submission.submitted &&
      this.tab.elsewhere === null,
  );
  /** counts drawn pictures, so that what lies on them follows */
  drawn = $state(0);

  readonly session: Session;
  readonly look: MaskLook;
  readonly levels: WindowDesk;
  readonly submission: SubmitDesk;
  readonly collector: MarkCollector;
  readonly marks: CaseMarks;
  readonly tab: TabDesk;
  readonly ground: DeskGround;
  readonly box: ToolBox;
  readonly turns: TurnDesk;
  readonly steps: MaskSteps;
  readonly removal: LabelRemoval;
  readonly view: ViewDesk;
  readonly other: OtherDesk;
  readonly uncertainty: UncertaintyDesk;
  readonly keymap: Keymap;
  readonly memory: HandMemory;
  readonly board = new NoticeBoard();
  readonly arrivals = new SliceArrivals(this.board);
  readonly rested = new RestedSlice();
  readonly mark = new HeldMark(this);
  readonly space = new SpaceBar(this);
  readonly hand = new MarkHand(this);
  viewer: Viewer | null = null;
  readonly #shelf: Shelf;
  #pane: LargePane | null = null;
  readonly #visits: VisitPlanner | null;
  readonly #foresight: Foresight;
  /** The slice asked for, which the one on the screen follows. */
  #wanted = 0;

  constructor(
    detail: SessionDetail,
    session: Session,
    recorder: EventRecorder,
    preferences: Preferences,
    keymap: Keymap,
    shelf: Shelf,
    seat: SeatHold,
  ) {
    const { volume, labels, engine } = detail;
    this.detail = detail;
    this.session = session;
    this.recorder = recorder;
    this.#shelf = shelf;
    this.geometry = new VolumeGeometry(
      volume.shape as unknown as Shape,
      volume.affine,
    );
    this.color = volume.channels > 1;
    this.look = new MaskLook(labels, preferences, recorder, this);
    this.submission = new SubmitDesk(this, session, recorder, () =>
      this.#visits?.stop(),
    );
    this.levels = new WindowDesk(volume, recorder, this);
    this.status = session.status;
    this.collector = new MarkCollector(
      session,
      recorder,
      detail.id,
      shelf,
      () => this.#logChanged(),
    );
    this.marks = new CaseMarks(this, session);
    session.events.on('refused', (refusal) => this.collector.takeBack(refusal));
    session.events.on('log', ({ turns }) => this.collector.written(turns));
    const keepers = [session, this.collector];
    this.tab = new TabDesk(keepers, detail.id, navigator.locks, seat, () => {
      if (this.writable) {
        this.#visits?.moveTo(this.slice);
      } else {
        this.#visits?.stop();
      }
    });
    this.ground = new DeskGround(
      this.shape,
      session,
      () => this.marks.unanswered,
      (slice) => this.viewer?.values(slice) ?? null,
    );
    this.box = new ToolBox({
      geometry: this.geometry,
      ground: this.ground,
      recorder,
      kinds: engine.prompts,
      anyPlane: engine.any_plane,
      values: labels.map(({ value }) => value),
      shown: () => this.levels.range,
      chosen: (tool) => {
        this.viewer?.setPanning(tool === 'pan');
        this.#pane?.clearHand();
      },
      begun: () => this.showBegun(),
    });
    this.keymap = keymap;
    this.view = new ViewDesk(this, preferences, recorder);
    this.other = new OtherDesk(this.geometry, recorder);
    this.uncertainty = new UncertaintyDesk(
      session,
      recorder,
      this.board,
      this.firstSlice,
    );
    this.turns = new TurnDesk(session, recorder, engine.prompts, this);
    this.steps = new MaskSteps(
      this,
      session,
      recorder,
      engine.prompts,
      (first, second) => fetchInterpolation(detail.id, first, second),
    );
    this.removal = new LabelRemoval(this, session, recorder, engine.prompts);
    this.memory = new HandMemory(this, shelf, volume.modality, detail.id);
    this.memory.restore();
    const foresight = new Foresight(session, (slice) => {
      if (slice === this.slice) {
        this.#pane?.redraw();
      }
    });
    this.#foresight = foresight;
    this.#visits = engine.prompts.includes('visit')
      ? new VisitPlanner(
          session,
          (slice) => foresight.lookAround(slice),
          () => this.mark.held,
        )
      : null;
    session.events.on('status', (status) => {
      if (
        status.connection === 'online' &&
        this.status?.connection === 'offline'
      ) {
        this.viewer?.retry();
      }
      this.status = status;
    });
    session.events.on('log', () => this.#logChanged());
    this.marks.unpack();
    session.events.on('mask', ({ cause }) => this.#maskChanged(cause));
    session.events.on('mask', ({ cause }) => {
      if (cause === null) {
        this.board.settle('viewer:draft-not-fetched');
      }
    });
    session.events.on('error', (error) => this.board.tell(error));
  }

  get mask(): MaskVolume {
    return this.session.mask;
  }

  get count(): number {
    return this.geometry.shape[0];
  }

  get shape(): Shape {
    return this.geometry.shape;
  }

  /** Where the reader was when they left, else the middle. */
  get firstSlice(): number {
    const kept = Number.parseInt(this.#shelf.read(this.#placeKey) ?? '', 10);
    return kept >= 0 && kept < this.count
      ? kept
      : Math.floor((this.count - 1) / 2);
  }

  get #placeKey(): string {
    return `slicewise:slice:${this.detail.id}`;
  }

  /** Whether the shown slice was asked for, if it has to be. */
  get visited(): boolean {
    return this.#visits?.idle ?? true;
  }

  /** Look on where another page writes; else write. */
  sitDown(): void {
    if (this.detail.writable) {
      this.tab.request();
      if (!crypto.subtle) {
        this.tell('viewer:not-compared');
      }
    }
  }

  /**
   * Take over a pane whose picture `viewer` draws, from now on or instead of
   * another one that cannot any more.
   *
   * @returns the slice to begin with
   */
  attach(viewer: Viewer, elements: PaneElements): number {
    const first = this.viewer ? this.slice : this.firstSlice;
    this.#pane?.destroy();
    this.viewer?.destroy();
    this.viewer = viewer;
    this.#want(first);
    this.#pane = new LargePane(this, viewer, elements);
    viewer.events.on('shown', ({ slice }) => this.#shown(slice));
    viewer.events.on('drawn', () => {
      this.drawn += 1;
    });
    viewer.events.on('window', (window) => {
      this.levels.window = window;
    });
    viewer.events.on('loaded', ({ count, slice }) =>
      this.arrivals.came(slice, count),
    );
    viewer.events.on('error', (error) => {
      if (error.code === 'viewer:slice-not-loaded') {
        this.arrivals.failed(Number(error.extra?.slice));
      }
      this.board.tell(error);
    });
    return first;
  }

  /**
   * Give up the mark under the hand; else put down what is up; else give up the
   * newest answer being made.
   */
  cancel(): void {
    if (!this.mark.cancel() && !this.box.giveUp() && !this.#putDown()) {
      this.turns.giveUp();
    }
  }

  /** @returns whether a view tool was up or a turn selected */
  #putDown(): boolean {
    const { selected } = this.turns;
    if (this.view.tool) {
      this.view.chooseTool(null);
      return true;
    }
    if (selected !== null) {
      this.turns.unselect();
    }
    return selected !== null;
  }

  /** Make whole the mark that takes several clicks, or send what is collected. */
  finish(): void {
    if (!this.hand.finish()) {
      this.collector.send();
    }
  }

  /** Under a mark the slice stays: then nothing is done. */
  goto(slice: number): void {
    if (!this.mark.held) {
      this.#want(slice);
      this.viewer?.gotoSlice(slice);
    }
  }

  /** Nothing runs on: the slice on the screen is the one wanted. */
  stay(): void {
    this.view.stopCine();
    if (this.viewer && this.awaited !== null) {
      this.#want(this.viewer.slice);
      this.viewer.gotoSlice(this.viewer.slice);
    }
  }

  step(by: number): void {
    if (this.mark.held) {
      return;
    }
    this.view.stopCine();
    const to = Math.min(Math.max(this.#wanted + by, 0), this.count - 1);
    this.recorder.record('scroll', { from: this.slice, to });
    this.goto(to);
  }

  fit(): void {
    this.recorder.record('zoom', { fit: true });
    this.viewer?.fit();
    this.view.fit();
  }

  /** A viewer has its series: give it the look that the reader chose. */
  pictureShown(): void {
    this.view.begin();
    if (this.view.inverse) {
      this.viewer?.setInverse(true);
    }
    this.space.pan();
  }

  /** The picture itself could not be opened. */
  pictureFailed(error: unknown): void {
    this.board.tell(asWireError(error));
  }

  /** The page goes away: what is not acknowledged is sent once more. */
  leave(): void {
    this.recorder.record('unload');
    const batch = this.recorder.lastBatch();
    if (batch) {
      sendLastEvents(this.detail.id, batch);
    }
  }

  destroy(): void {
    this.view.stopCine();
    this.rested.stop();
    this.#visits?.stop();
    this.uncertainty.stop();
    this.tab.release();
    this.#pane?.destroy();
    this.viewer?.destroy();
    this.session.close();
  }

  #want(slice: number): void {
    this.#wanted = slice;
    this.awaited = slice === this.viewer?.slice ? null : slice;
  }

  #shown(slice: number): void {
    this.slice = slice;
    this.rested.moveTo(slice);
    if (this.box.begun.length > 0) {
      this.showBegun();
    }
    if (slice === this.#wanted) {
      this.awaited = null;
    }
    this.recorder.record('slice', { slice });
    this.uncertainty.moveTo(slice);
    this.#shelf.keep(this.#placeKey, String(slice));
    if (this.writable) {
      this.#visits?.moveTo(slice);
    }
  }

  /** A slice of the mask; the foreseen one where there is none. */
  labelsOf(slice: number): Uint8Array | null {
    return this.session.mask.slice(slice) ?? this.#foresight.labels(slice);
  }

  showBegun(): void {
    this.#pane?.showBegun();
  }

  tell(code: string): void {
    this.board.tell({ code, message: code, extra: {} });
  }

  redraw(): void {
    this.#pane?.redraw();
  }

  restyle(): void {
    this.#pane?.restyle();
  }

  #logChanged(): void {
    this.turns.changed();
    this.#pane?.redraw();
    this.marks.unpack();
  }

  #maskChanged(cause: MaskCause | null): void {
    this.turns.changed();
    this.#pane?.redraw(
      cause
        ? () => this.recorder.record('prediction_rendered', { ...cause })
        : undefined,
    );
  }
}
