import type { WireError } from '../wire/WireError';

/** A sentence for the reader, until it is put away. */
export interface Notice {
  readonly key: string;
  readonly error: WireError;
}

/** What only answers something just done goes by itself. */
const PASSING: ReadonlySet<string> = new Set([
  'viewer:all-accepted',
  'viewer:label-locked',
  'viewer:label-not-here',
  'session:nothing-to-undo',
  'session:nothing-to-redo',
  'session:no-such-turn',
]);
const PASSING_MS = 8_000;

/** What the reader has to be told; the same thing stands there once. */
export class NoticeBoard {
  notices = $state.raw<readonly Notice[]>([]);

  tell(error: WireError): void {
    const notice = { key: error.code, error };
    this.notices = [
      ...this.notices.filter(({ key }) => key !== notice.key),
      notice,
    ];
    if (PASSING.has(error.code)) {
      setTimeout(() => this.dismiss(notice), PASSING_MS);
    }
  }

  /** What a code told is no longer so. */
  settle(code: string): void {
    this.notices = this.notices.filter(({ key }) => key !== code);
  }

  /** All were read. */
  clear(): void {
    this.notices = [];
  }

  dismiss(notice: Notice): void {
    this.notices = this.notices.filter((other) => other !== notice);
  }
}
