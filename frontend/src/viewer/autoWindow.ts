import type { SliceValues } from './cutPlane';
import type { Window } from './Viewer';

const BINS = 2048;

/**
 * The window from the `share` darkest to the `share` brightest part of a
 * slice's values (0: from the least to the greatest), in the modality's unit.
 */
export function autoWindow(
  { values, slope, intercept }: SliceValues,
  share: number,
): Window {
  let [least, greatest] = [Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY];
  for (let i = 0; i < values.length; i += 1) {
    const value = values[i] as number;
    least = Math.min(value, least);
    greatest = Math.max(value, greatest);
  }
  let [lower, upper] = [least, greatest];
  if (share > 0 && greatest > least) {
    const counts = new Uint32Array(BINS);
    const toBin = (BINS - 1) / (greatest - least);
    for (let i = 0; i < values.length; i += 1) {
      const bin = Math.round(((values[i] as number) - least) * toBin);
      counts[bin] = (counts[bin] as number) + 1;
    }
    const left = share * values.length;
    const reached = (bins: readonly number[]): number => {
      let sum = 0;
      return bins.find((bin) => {
        sum += counts[bin] as number;
        return sum > left;
      }) as number;
    };
    const upwards = Array.from(counts.keys());
    lower = least + reached(upwards) / toBin;
    upper = least + reached(upwards.reverse()) / toBin;
  }
  return {
    center: ((lower + upper) / 2) * slope + intercept,
    width: Math.max((upper - lower) * Math.abs(slope), 1e-3),
  };
}
