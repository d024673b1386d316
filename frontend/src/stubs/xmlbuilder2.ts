/** Stands in for xmlbuilder2, which only dcmjs' XML export would use. */
export function create(): never {
  throw new Error('XML export is not part of the viewer');
}
