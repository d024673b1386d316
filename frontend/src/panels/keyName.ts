/** A key press as `hotkeys` names it. */
export function keyName(
  event: Pick<KeyboardEvent, 'key' | 'ctrlKey' | 'metaKey' | 'shiftKey'>,
): string {
  const key = event.key.toLowerCase();
  const control = event.ctrlKey || event.metaKey ? 'ctrl+' : '';
  // Shift is part of a sign such as ?, but not of a letter or an arrow.
  const shift = event.shiftKey && /^([a-z]|.{2,})$/.test(key) ? 'shift+' : '';
  return `${control}${shift}${key}`;
}
