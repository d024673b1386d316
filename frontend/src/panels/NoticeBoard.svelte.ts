import { errorText } from '../api/errorText';
import { t } from '../language/language.svelte';
import type { WireError } from '../wire/WireError';

/** A sentence for the reader, until it is put away. */
export interface Notice {
  readonly key: string;
  readonly text: string;
}

/** What the reader has to be told; the same thing stands there once. */
export class NoticeBoard {
  notices = $state.raw<readonly Notice[]>([]);

  tell(error: WireError): void {
    const notice = { key: error.code, text: errorText(error, t) };
    this.notices = [
      ...this.notices.filter(({ key }) => key !== notice.key),
      notice,
    ];
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
