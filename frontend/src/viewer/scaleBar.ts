/** A length that reads well, and how long it is on the screen. */
export interface ScaleBar {
  readonly text: string;
  readonly cssPixels: number;
}

const LONGEST_CSS_PIXELS = 140;

/** The longest 1, 2 or 5 × 10ⁿ mm that fits beside the picture. */
export function scaleBar(mmPerPixel: number): ScaleBar {
  const longest = LONGEST_CSS_PIXELS * mmPerPixel;
  const decade = 10 ** Math.floor(Math.log10(longest));
  const step = [5, 2, 1].find((s) => s * decade <= longest) ?? 1;
  const mm = step * decade;
  const text =
    mm >= 10
      ? `${Number((mm / 10).toPrecision(2))} cm`
      : mm >= 1
        ? `${mm} mm`
        : `${Number((mm * 1000).toPrecision(2))} µm`;
  return { text, cssPixels: mm / mmPerPixel };
}
