type Pressed = Pick<KeyboardEvent, 'key' | 'ctrlKey' | 'metaKey' | 'shiftKey'> &
  Partial<Pick<KeyboardEvent, 'altKey'>>;

/** A key press as `hotkeys` names it. */
export function keyName(event: Pressed): string {
  const key = event.key.toLowerCase();
  // Ctrl and Alt together are AltGr on some systems, and part of the sign.
  const held = event.metaKey || (event.ctrlKey && !event.altKey);
  const control = held ? 'ctrl+' : '';
  // Shift is part of a sign such as ?, but not of a letter or an arrow.
  const shift = event.shiftKey && /^([a-z]|.{2,})$/.test(key) ? 'shift+' : '';
  return `${control}${shift}${key}`;
}

/**
 * Whether Alt makes another key of it, which is the browser's or the system's;
 * not where Option or AltGr is how a keyboard writes the sign, such as [.
 */
export function isAltKey(
  event: Pick<KeyboardEvent, 'key' | 'altKey'>,
): boolean {
  return event.altKey && !/^[^\p{L}\p{N}\s]$/u.test(event.key);
}
