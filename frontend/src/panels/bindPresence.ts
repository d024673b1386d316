import type { CaseDesk } from './CaseDesk.svelte';

const MOVE_MS = 500;

/** Signs that somebody is there, and that they go. @returns how to let go */
export function bindPresence(desk: CaseDesk): () => void {
  const { recorder } = desk;
  const listening = new AbortController();
  const { signal } = listening;
  window.addEventListener(
    'pointermove',
    () => recorder.sample('pointer_move', MOVE_MS),
    { signal, passive: true },
  );
  window.addEventListener('focus', () => recorder.record('focus'), { signal });
  window.addEventListener('blur', () => recorder.record('blur'), { signal });
  document.addEventListener(
    'visibilitychange',
    () => {
      recorder.record('visibility', { state: document.visibilityState });
      desk.session.sendEvents();
    },
    { signal },
  );
  window.addEventListener('pagehide', () => desk.leave(), { signal });
  window.addEventListener(
    'beforeunload',
    (event) => {
      // Kept strokes are sent on return; the reader should know they wait.
      const collected = desk.writable ? desk.collector.marks.length : 0;
      if (desk.session.status.unsent + collected > 0) {
        event.preventDefault();
      }
    },
    { signal },
  );
  return () => listening.abort();
}
