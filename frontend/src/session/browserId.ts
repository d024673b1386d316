import type { Shelf } from './Shelf';

const KEY = 'slicewise:browser';

/**
 * What all pages of this browser call themselves before the server. Where the
 * browser cannot hold its own tabs apart, every page is a browser to itself.
 *
 * @param locks whether it can
 */
export function browserId(
  shelf: Shelf,
  locks: boolean,
  newId: () => string,
): string {
  const kept = locks ? shelf.read(KEY) : null;
  if (kept) {
    return kept;
  }
  const id = newId();
  if (locks) {
    shelf.keep(KEY, id);
  }
  return id;
}
