/** Times that the number changes while a series loads. */
const STEPS = 10;

/**
 * How many slices are here, as it is told: told of each, it would have the page drawn
 * as often, and the slices come later for it.
 */
export function slicesHere(loaded: number, count: number): number {
  const step = Math.ceil(count / STEPS);
  return loaded - (loaded % step);
}
