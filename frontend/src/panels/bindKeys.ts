import type { CaseDesk } from './CaseDesk.svelte';
import { keyName } from './keyName';

/** Elements that a key belongs to while they have the focus. */
const TYPING = 'input:not([type=range]), textarea, select, [role=slider]';

/** Keys that belong to them. */
const BELONGS = /^.$|^arrow|^enter|^delete|^backspace|^home|^end/i;

/** The element a key is meant for. */
function holder(event: KeyboardEvent): Element | null {
  const target = event.target as Element | null;
  // A dialog that has just closed keeps the focus until the next frame.
  return target?.closest('dialog:not([open])') ? null : target;
}

/** The keyboard of the page. @returns a function that lets go of it */
export function bindKeys(desk: CaseDesk): () => void {
  const listening = new AbortController();
  const { signal } = listening;
  window.addEventListener(
    'keydown',
    (event) => {
      const target = holder(event);
      if (target?.closest('dialog') || event.altKey) {
        return;
      }
      if (event.key === ' ') {
        // A focused button keeps its own Space.
        if (!target?.closest(`button, summary, ${TYPING}`)) {
          event.preventDefault();
          if (!event.repeat) {
            desk.holdSpace(true);
          }
        }
        return;
      }
      // A focused button or link is pressed by its own Enter.
      if (event.key === 'Enter' && target?.closest('button, summary, a')) {
        return;
      }
      const action = desk.keymap.actionOf(keyName(event));
      if (!action || (target?.matches(TYPING) && BELONGS.test(event.key))) {
        return;
      }
      event.preventDefault();
      if (!event.repeat) {
        desk.recorder.record('key', { key: keyName(event) });
      }
      action.run(desk);
    },
    { signal },
  );
  window.addEventListener(
    'keyup',
    (event) => {
      if (event.key === ' ' && desk.spaceHeld) {
        desk.holdSpace(false);
      }
    },
    { signal },
  );
  // A Space released elsewhere accepts nothing.
  window.addEventListener('blur', () => desk.letGoOfSpace(), { signal });
  return () => listening.abort();
}
