import type { Point } from './frames';

/**
 * The sides of the patient a direction points to, strongest first: L or R, P
 * or A, S or I; a second and third letter where the direction is oblique.
 *
 * @param direction LPS; need not be a unit vector
 */
export function sideLetters(direction: Point): string {
  const length = Math.hypot(...direction);
  if (length === 0) {
    return '';
  }
  const pairs = ['LR', 'PA', 'SI'];
  return direction
    .map((value, axis) => ({
      size: Math.abs(value) / length,
      letter: pairs[axis]?.[value > 0 ? 0 : 1] ?? '',
    }))
    .filter(({ size }) => size > OBLIQUE)
    .sort((a, b) => b.size - a.size)
    .map(({ letter }) => letter)
    .join('');
}

/** Below this share (about 14°) a direction counts as along the others. */
const OBLIQUE = 0.25;
