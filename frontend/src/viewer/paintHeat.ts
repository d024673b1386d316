import type { Window } from './Viewer';

/**
 * Values as glowing colours over another picture: clear below the window, then
 * red, orange, yellow, white at its upper end. What has not come is clear.
 *
 * @param pixels one RGBA pixel per value (little endian)
 */
export function paintHeat(
  values: Float32Array,
  { center, width }: Window,
  pixels: Uint32Array,
): void {
  const lower = center - width / 2;
  const scale = 255 / Math.max(width, Number.EPSILON);
  for (let i = 0; i < values.length; i += 1) {
    const level = Math.min(((values[i] as number) - lower) * scale, 255);
    pixels[i] = level > 0 ? (HEAT[Math.round(level)] as number) : 0;
  }
}

const HEAT = Uint32Array.from({ length: 256 }, (_, level) => {
  const part = (from: number): number =>
    Math.round(Math.min(Math.max((level - from) * 3, 0), 255));
  const [red, green, blue] = [part(0), part(85), part(170)];
  // Little endian: alpha, blue, green, red; faint values are clear as well.
  const alpha = Math.min(level * 3, 255);
  return ((alpha << 24) | (blue << 16) | (green << 8) | red) >>> 0;
});
