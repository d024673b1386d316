import type { EventBatch } from '../session/EventRecorder';
import { csrfToken } from './csrfToken';

/** Send events while the page goes away: the request outlives it. */
export function sendLastEvents(session: string, batch: EventBatch): void {
  void fetch(`/api/sessions/${session}/events`, {
    method: 'POST',
    keepalive: true,
    headers: {
      'Content-Type': 'application/json',
      'X-CSRFToken': csrfToken(document.cookie),
    },
    body: JSON.stringify(batch),
  }).catch(() => {
    // Nobody is left to tell; a page that stays sends them again.
  });
}
