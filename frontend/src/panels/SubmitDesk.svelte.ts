import { submitSession } from '../api/submitSession';
import type { EventRecorder } from '../session/EventRecorder';
import type { Session } from '../session/Session';
import { asWireError } from '../wire/asWireError';
import type { WireError } from '../wire/WireError';

/** What submitting needs to know of the rest of the desk. */
export interface SubmitPlace {
  readonly detail: { readonly id: string; readonly state: string };
  readonly writable: boolean;
}

/** The end of the reader's work on a case: asked for, then done or refused. */
export class SubmitDesk {
  /** whether the reader is asked if they are done */
  open = $state(false);
  /** why the case could not be submitted */
  error = $state.raw<WireError | null>(null);
  submitted = $state(false);
  readonly #place: SubmitPlace;
  readonly #session: Session;
  readonly #recorder: EventRecorder;
  readonly #done: () => void;

  /** @param done called once the case is submitted from here */
  constructor(
    place: SubmitPlace,
    session: Session,
    recorder: EventRecorder,
    done: () => void,
  ) {
    this.#place = place;
    this.#session = session;
    this.#recorder = recorder;
    this.#done = done;
    this.submitted = place.detail.state === 'submitted';
    session.events.on('error', ({ code }) => {
      // In another browser: marks that come too late are kept, not sent again.
      this.submitted ||= code === 'session:submitted';
    });
  }

  /** Ask before the case is submitted. */
  ask(): void {
    if (this.#place.writable) {
      this.error = null;
      this.open = true;
    }
  }

  async submit(): Promise<void> {
    this.#recorder.record('submit');
    this.error = null;
    this.#session.sendEvents();
    try {
      await submitSession(this.#place.detail.id);
      this.submitted = true;
      this.#done();
      this.open = false;
    } catch (error) {
      // Notices are behind the dialog.
      this.error = asWireError(error);
    }
  }
}
