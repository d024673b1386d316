import type { Prompt } from '../wire/Prompt';
import type {
  PredictionMessage,
  ServerMessage,
  StateMessage,
} from '../wire/ServerMessage';
import { MESSAGE_BYTES_MAX, splitPrompts } from '../wire/splitPrompts';
import type { WireError } from '../wire/WireError';
import { ClockOffset } from './ClockOffset';
import { Emitter } from './Emitter';
import type { EventRecorder } from './EventRecorder';
import { isVisitOnly } from './isVisitOnly';
import type { Link } from './Link';
import { LogBook } from './LogBook';
import type { LogState, LogTurn } from './LogState';
import type { MaskStream } from './MaskStream';
import type { MaskVolume } from './MaskVolume';
import { pendingTurns } from './pendingTurns';
import type { SessionEvents } from './SessionEvents';
import type { SessionStatus } from './SessionStatus';
import type { Errand, UnsentStore } from './UnsentStore';

export interface SessionParts {
  readonly link: Link;
  readonly stream: MaskStream;
  readonly store: UnsentStore;
  readonly recorder: EventRecorder;
  readonly newId: () => string;
  readonly now: () => number;
}

const EVENTS_MS = 2_000;

/** What the reader is told, by the code with which the server closed. */
const REFUSALS: Readonly<Record<number, string>> = {
  4401: 'viewer:logged-out',
};

/**
 * The reader's side of a session: the log ahead of the server's, the mask as
 * it was last told, and everything unsent. The server's word always wins.
 */
export class Session {
  readonly events = new Emitter<SessionEvents>();
  readonly clock = new ClockOffset();
  readonly #parts: SessionParts;
  readonly #book: LogBook;
  #connection: SessionStatus['connection'] = 'connecting';
  #synchronised = false;
  /** version of the draft when the server last said where it stands */
  #serverVersion = 0;
  #worker: string | null = null;
  #latencyMs: number | null = null;
  readonly #sentAt = new Map<string, number>();
  /** turns that left the log while what they had shown stays */
  readonly #stopped = new Set<string>();
  readonly #batches: ReturnType<typeof setInterval>;

  constructor(parts: SessionParts) {
    this.#parts = parts;
    this.#book = new LogBook(parts.store);
    this.#book.events.on('changed', (log) => this.events.emit('log', log));
    parts.link.events.on('closed', ({ final, refusal }) => {
      this.#connection = final ? 'refused' : 'offline';
      this.#synchronised = false;
      this.#tellStatus();
      if (refusal !== null) {
        const code = REFUSALS[refusal] ?? 'viewer:session-refused';
        this.events.emit('error', { code, message: code, extra: {} });
      }
    });
    parts.link.events.on('message', (message) => this.#receive(message));
    parts.stream.events.on('replaced', ({ slices }) => {
      this.events.emit('mask', { slices, cause: null });
      this.#tellStatus();
    });
    parts.stream.events.on('error', (error) =>
      this.events.emit('error', error),
    );
    this.#batches = setInterval(() => this.sendEvents(), EVENTS_MS);
  }

  get mask(): MaskVolume {
    return this.#parts.stream.mask;
  }

  /** How good the engine takes each slice's mask to be, where it says so. */
  get quality(): ReadonlyMap<number, number> {
    return this.#parts.stream.quality;
  }

  /** Whether log and mask are what the server knows. */
  get ready(): boolean {
    return (
      this.#synchronised && this.#parts.stream.version >= this.#serverVersion
    );
  }

  get log(): LogState {
    return this.#book.log;
  }

  /** Turns whose last answer has not come. */
  get pending(): readonly LogTurn[] {
    return pendingTurns(this.log);
  }

  get status(): SessionStatus {
    const { store, stream } = this.#parts;
    const { pending } = this;
    return {
      connection: this.#connection,
      draftVersion: stream.version,
      unsent: store.errands.length,
      unsentStrokes: store.errands.filter(
        (errand) => errand.type === 'turn' && !isVisitOnly(errand.prompts),
      ).length,
      durable: store.durable,
      worker: this.#worker,
      latencyMs: this.#latencyMs,
      working: pending.length > 0,
      fraction:
        pending.find((turn) => turn.fraction !== null)?.fraction ?? null,
    };
  }

  /**
   * Take a turn: kept, shown and sent, in this order.
   *
   * @returns its id; several where it is more than one message may hold
   */
  take(prompts: readonly Prompt[]): readonly string[] {
    return splitPrompts(prompts).map((part) => {
      const id = this.#parts.newId();
      this.#send({ type: 'turn', id, prompts: part });
      return id;
    });
  }

  undo(): void {
    this.#parts.recorder.record('undo');
    this.#send({ type: 'undo', id: this.#parts.newId() });
  }

  /** Undo every mark after a turn. */
  back(turn: string): void {
    this.#parts.recorder.record('undo', { back: turn });
    this.#send({ type: 'back', id: this.#parts.newId(), turn });
  }

  redo(): void {
    this.#parts.recorder.record('redo');
    this.#send({ type: 'redo', id: this.#parts.newId() });
  }

  /** Take one turn out of the log: the model unlearns it. */
  remove(turn: string): void {
    this.#parts.recorder.record('undo', { turn });
    this.#send({ type: 'remove', id: this.#parts.newId(), turn });
  }

  /** Give up the newest turn being answered, if any; redo brings a mark back. */
  cancel(): void {
    const turn = pendingTurns(this.log).at(-1);
    if (!turn) {
      return;
    }
    this.#parts.recorder.record('cancel', { turn: turn.id });
    this.#send(
      isVisitOnly(turn.prompts)
        ? { type: 'cancel', turn: turn.id }
        : { type: 'remove', id: this.#parts.newId(), turn: turn.id },
    );
  }

  /** End a propagation; the slices that have come stay. */
  stop(turn: string): void {
    if (!this.stopping(turn)) {
      this.#parts.recorder.record('cancel', { turn, kept: true });
      this.#stopped.add(turn);
      this.#send({ type: 'stop', id: this.#parts.newId(), turn });
    }
  }

  /** Whether the server has still to say what is kept of a turn. */
  stopping(turn: string): boolean {
    return this.#parts.store.errands.some(
      (errand) => errand.type === 'stop' && errand.turn === turn,
    );
  }

  /** Wish to see slices ahead; kept nowhere, answered perhaps. @returns its id */
  foresee(slices: readonly number[]): string {
    const id = this.#parts.newId();
    this.#parts.link.send({ type: 'foresee', id, slices });
    return id;
  }

  /** Ask how unsure a slice is. @returns the question's id; null: not sent */
  askUncertainty(slice: number): string | null {
    const id = this.#parts.newId();
    const question = { type: 'uncertainty', id, slice } as const;
    return this.#parts.link.send(question) ? id : null;
  }

  /** This page writes from now on: also what another one has kept. */
  resume(): void {
    this.#parts.store.reread();
    this.#book.foresee();
    // What is unsent follows when the server has said where it stands.
    this.#parts.link.renew();
    this.#tellStatus();
  }

  /** Another page writes from now on. */
  standAside(): void {
    this.#parts.store.forget();
    this.#book.foresee();
    this.#tellStatus();
  }

  sendEvents(): void {
    const batch = this.#synchronised ? this.#parts.recorder.batch() : null;
    if (batch) {
      this.#parts.link.send({ type: 'events', ...batch });
    }
  }

  close(): void {
    clearInterval(this.#batches);
    this.#parts.stream.close();
    this.#parts.link.close();
  }

  #send(errand: Errand): void {
    this.#book.add(errand);
    if (this.#synchronised) {
      this.#dispatch(errand);
    }
    this.#tellStatus();
  }

  #dispatch(errand: Errand): void {
    const bytes = JSON.stringify(errand).length;
    if (errand.type === 'turn' && bytes > MESSAGE_BYTES_MAX) {
      // The server would not even read which turn it is, or cut the line.
      const code = 'message:too-large';
      this.#refuse(errand.id, { code, message: code, extra: { bytes } });
      return;
    }
    if (this.#parts.link.send(errand) && errand.type === 'turn') {
      this.#sentAt.set(errand.id, this.#parts.now());
      this.#parts.recorder.record('turn_sent', {
        turn: errand.id,
        // Each once: the server takes no event of any length.
        kinds: [...new Set(errand.prompts.map(({ kind }) => kind))].join('+'),
        prompts: errand.prompts.length,
        visit: isVisitOnly(errand.prompts),
      });
    }
  }

  #receive(message: ServerMessage): void {
    const { recorder, stream } = this.#parts;
    switch (message.type) {
      case 'state':
        this.#synchronise(message);
        break;
      case 'turn_taken':
        recorder.record('turn_taken', {
          turn: message.turn,
          seq: message.seq,
        });
        this.#book.acknowledge(message.turn, message.seq);
        break;
      case 'prediction':
        this.#predict(message);
        break;
      case 'canvas':
        stream.replace(message.slices, message.version, message.quality ?? {});
        this.#book.write({ type: 'answered', upto: message.upto });
        break;
      case 'foreseen':
        this.events.emit('foreseen', {
          wish: message.id,
          slices: message.slices,
        });
        break;
      case 'uncertainty':
        this.events.emit('uncertainty', message);
        break;
      case 'log':
        this.#book.settle((errand) => answers(errand, message.request));
        this.#book.replace(message.turns);
        break;
      case 'progress':
        this.#book.write({ ...message, type: 'progressed', id: message.turn });
        break;
      case 'events_taken':
        recorder.acknowledge(message.tab, message.seq);
        break;
      case 'clock':
        this.#exchange(message.t, message.server_ms);
        break;
      case 'error':
        this.#refuse(message.turn, message.error);
        break;
    }
    this.#tellStatus();
  }

  #synchronise(message: StateMessage): void {
    const { store, stream } = this.#parts;
    this.#book.forgetTurns(message.turns);
    this.#book.replace(message.turns, message.pending);
    this.#connection = 'online';
    this.#synchronised = true;
    this.#serverVersion = message.draft_version;
    stream.catchUp(message.draft_version);
    for (const errand of store.errands) {
      this.#dispatch(errand);
    }
    this.sendEvents();
  }

  #predict(message: PredictionMessage): void {
    const { recorder, stream, now } = this.#parts;
    const { turn, seq, stage, final, version } = message;
    recorder.record('prediction_received', {
      turn,
      seq,
      stage,
      final,
      version,
      ...message.times,
      sent_at: message.sent_at,
    });
    this.#book.acknowledge(turn, seq);
    if (!this.log.turns.some((known) => known.id === turn)) {
      // Another tab's: only the server can tell what was marked.
      this.#parts.link.renew();
    }
    const sentAt = this.#sentAt.get(turn);
    if (sentAt !== undefined) {
      this.#latencyMs = now() - sentAt;
      this.#sentAt.delete(turn);
    }
    this.#worker = message.worker;
    const retracted = this.log.turns.some(
      (known) =>
        known.id === turn &&
        known.state !== 'active' &&
        !this.#stopped.has(turn),
    );
    const quality = retracted ? {} : (message.quality ?? {});
    stream.apply(
      retracted ? [] : message.slices,
      version,
      quality,
      (slices) => {
        this.#book.write({ type: 'predicted', id: turn, stage, final });
        this.events.emit('mask', {
          slices,
          cause: { turn, seq, stage, final, version },
        });
        this.#tellStatus();
      },
    );
  }

  #exchange(sentMs: number, serverMs: number): void {
    const receivedMs = this.#parts.now();
    if (this.clock.exchange(sentMs, serverMs, receivedMs)) {
      this.#parts.recorder.record('clock', {
        rtt_ms: receivedMs - sentMs,
        server_ms: serverMs,
        offset_ms: this.clock.offsetMs,
      });
    }
  }

  #refuse(turn: string | null, error: WireError): void {
    const unwritten = turn && this.#book.unwritten(turn);
    const wanted = this.log.turns.some(
      ({ id, state }) => id === turn && state === 'active',
    );
    if (turn === null) {
      // An errand of this page can be read: it was something else that cannot.
      if (error.code !== 'message:malformed') {
        this.#book.settle((errand) => errand.type !== 'turn');
      }
    } else if (
      unwritten ||
      // Or else the turn stays as it was: only its removal is refused.
      !this.#book.settle((e) => e.type === 'remove' && e.turn === turn)
    ) {
      this.#book.fail(turn, error);
      this.#parts.recorder.record('turn_failed', { turn, code: error.code });
    }
    this.#book.foresee();
    // An answer may have been dropped for an undo that did not happen.
    this.#parts.stream.refetch();
    if (unwritten && wanted) {
      const { id, prompts } = unwritten;
      this.events.emit('refused', { turn: id, prompts, error });
    }
    this.events.emit('error', error);
  }

  #tellStatus(): void {
    this.events.emit('status', this.status);
  }
}

/** Whether a log told on `request` is the answer to this errand. */
function answers(errand: Errand, request: string | null): boolean {
  return errand.type === 'cancel'
    ? errand.turn === request
    : errand.type !== 'turn' && errand.id === request;
}
