/** Kinds of text fields: whatever is typed there is theirs. */
const FIELD =
  'textarea, input:not([type=range], [type=checkbox], [type=radio], [type=button])';
const TYPED = /^.$|^arrow|^page|^enter|^delete|^backspace|^home|^end/i;
const MOVES = /^arrow|^page|^home|^end/i;
const CHOICE = /^arrow|^page|^home|^end|^enter/i;
const PRESS = /^ $|^enter$/i;
const NONE = /$^/;

/**
 * Elements with keys of their own, those keys where the focus came by the
 * keyboard, and those that are left where a mouse has only clicked there.
 */
const OWNERS: readonly (readonly [string, RegExp, RegExp])[] = [
  [FIELD, TYPED, TYPED],
  ['select', TYPED, CHOICE],
  ['input[type=range]', MOVES, NONE],
  ['button, summary, input[type=checkbox], input[type=radio]', PRESS, NONE],
  ['a', /^enter$/i, /^enter$/i],
];

/**
 * Whether a key is for the element with the focus, not for the page.
 *
 * @param clicked where the mouse, a pen or a finger came down last, unless the
 *   focus has been moved by a key since
 */
export function keyBelongs(
  key: string,
  focused: Pick<Element, 'matches' | 'closest' | 'contains'>,
  clicked: Element | null,
): boolean {
  const owner = OWNERS.find(([selector]) => focused.closest(selector));
  if (!owner) {
    return false;
  }
  const byMouse =
    clicked !== null &&
    (focused.contains(clicked) ||
      clicked.closest('label')?.contains(focused as Element) === true);
  return owner[byMouse && !isOpen(focused) ? 2 : 1].test(key);
}

/** A list that hangs open: letters choose in it. Not every browser tells. */
function isOpen(element: Pick<Element, 'matches'>): boolean {
  try {
    return element.matches('select:open');
  } catch {
    return false;
  }
}
