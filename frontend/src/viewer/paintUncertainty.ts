const LEVELS = 16;

/**
 * Levels of 0 (sure, clear) to 15 as colours from blue to yellow: told apart
 * by everybody, the less sure the lighter and the denser.
 *
 * @param pixels one RGBA pixel per level (little endian)
 */
export function paintUncertainty(
  levels: Uint8Array,
  pixels: Uint32Array,
): void {
  for (let i = 0; i < levels.length; i += 1) {
    pixels[i] = COLORS[levels[i] as number] as number;
  }
}

/** The colour of a level, for a legend. */
export function uncertaintyColor(level: number): string {
  const [red, green, blue, alpha] = rgba(level);
  return `rgb(${red} ${green} ${blue} / ${(alpha / 255).toFixed(2)})`;
}

/** Between blue, grey and yellow, as the cividis map has them. */
function rgba(level: number): readonly [number, number, number, number] {
  const along = level / (LEVELS - 1);
  const [from, to, share] =
    along < 0.5
      ? ([[0, 87, 174], [125, 124, 120], along * 2] as const)
      : ([[125, 124, 120], [254, 232, 56], along * 2 - 1] as const);
  const mix = (i: 0 | 1 | 2): number =>
    Math.round(from[i] + (to[i] - from[i]) * share);
  return [mix(0), mix(1), mix(2), Math.round(along * 230)];
}

const COLORS = Uint32Array.from({ length: LEVELS }, (_, level) => {
  const [red, green, blue, alpha] = rgba(level);
  return ((alpha << 24) | (blue << 16) | (green << 8) | red) >>> 0;
});
