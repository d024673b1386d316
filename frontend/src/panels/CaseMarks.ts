import { activePrompts } from '../session/activePrompts';
import type { Session } from '../session/Session';
import { unansweredPrompts } from '../session/unansweredPrompts';
import { asWireError } from '../wire/asWireError';
import type { Prompt } from '../wire/Prompt';
import { paintedRegion, unpackPaint } from '../wire/paintedRegion';
import type { WireError } from '../wire/WireError';

/** What the marks need to know of the rest of the desk. */
export interface MarksPlace {
  readonly collector: { readonly prompts: readonly Prompt[] };
  readonly look: { readonly marksShown: boolean };
  readonly board: { tell(error: WireError): void };
  /** what is shown of marks is not what it was */
  redraw(): void;
}

/** The marks of the case: those of the log, and those not sent yet. */
export class CaseMarks {
  readonly #place: MarksPlace;
  readonly #session: Pick<Session, 'log'>;

  constructor(place: MarksPlace, session: Pick<Session, 'log'>) {
    this.#place = place;
    this.#session = session;
  }

  /** Marks that no answer contains yet, sent or not. */
  get unanswered(): readonly Prompt[] {
    return [
      ...unansweredPrompts(this.#session.log),
      ...this.#place.collector.prompts,
    ];
  }

  /** All marks that were made and not taken back; none where they are hidden. */
  get made(): readonly Prompt[] {
    return this.#place.look.marksShown
      ? [...activePrompts(this.#session.log), ...this.#place.collector.prompts]
      : [];
  }

  /** Paint that came from storage shows once it is unpacked. */
  unpack(): void {
    for (const prompt of this.unanswered) {
      if (prompt.kind === 'paint' && !paintedRegion(prompt)) {
        unpackPaint(prompt).then(
          () => this.#place.redraw(),
          (error: unknown) => this.#place.board.tell(asWireError(error)),
        );
      }
    }
  }
}
