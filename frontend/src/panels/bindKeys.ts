import type { CaseDesk } from './CaseDesk.svelte';
import { keyBelongs } from './keyBelongs';
import { isAltKey, keyName } from './keyName';

/** What keeps the focus of a click although nobody types there. */
const PRESSED =
  'button, summary, [role=slider], input[type=range], input[type=checkbox], input[type=radio]';

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
  let clicked: Element | null = null;
  let typed: Element | null = null;
  window.addEventListener(
    'pointerdown',
    (event) => {
      clicked = event.target as Element | null;
      typed = null;
      desk.space.use();
      // What is drawn on has the keyboard, whatever was typed into before.
      clicked
        ?.closest<HTMLElement>('[role=application]')
        ?.focus({ preventScroll: true });
    },
    { signal, capture: true },
  );
  window.addEventListener('wheel', () => desk.space.use(), {
    signal,
    capture: true,
    passive: true,
  });
  window.addEventListener(
    'click',
    (event) => {
      const held = document.activeElement as HTMLElement | null;
      if (event.detail > 0 && held?.matches(PRESSED)) {
        // Before a dialog opens, which gives back the focus that it finds.
        giveBack(held);
      }
    },
    { signal, capture: true },
  );
  window.addEventListener(
    'change',
    (event) => {
      const select = event.target as HTMLElement;
      // Chosen by keys, the next key chooses further.
      if (select.matches('select') && select !== typed) {
        giveBack(select);
      }
    },
    { signal },
  );
  window.addEventListener(
    'keydown',
    (event) => {
      if (event.key === 'Tab') {
        clicked = null;
      }
      const target = holder(event);
      typed = target;
      if (target?.closest('dialog') || isAltKey(event)) {
        return;
      }
      if (target && keyBelongs(event.key, target, clicked)) {
        if (event.key === 'Enter' && target.matches('input')) {
          // What was typed is done.
          giveBack(target as HTMLElement);
        }
        return;
      }
      if (event.key === ' ') {
        event.preventDefault();
        // Nothing is accepted with a mark under the hand.
        if (!event.repeat && !desk.mark.held) {
          desk.space.hold(true);
        }
        return;
      }
      const action = desk.keymap.actionOf(keyName(event));
      if (!action) {
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
      if (event.key === ' ' && desk.space.held) {
        desk.space.hold(false);
      }
    },
    { signal },
  );
  // A Space released elsewhere accepts nothing.
  window.addEventListener('blur', () => desk.space.letGo(), { signal });
  return () => listening.abort();
}

/** What was pressed with the mouse gives the keyboard back to the picture. */
function giveBack(held: HTMLElement): void {
  if (!held.closest('dialog')) {
    held.blur();
  }
}
