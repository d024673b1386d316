import type { Palette } from './Preferences.svelte';

/** Told apart with every kind of colour vision: Okabe and Ito, 2008. */
const SAFE = [
  '#e69f00',
  '#56b4e9',
  '#009e73',
  '#f0e442',
  '#0072b2',
  '#d55e00',
  '#cc79a7',
] as const;

/** The colour of the label at `place` of the project's list. */
export function paletteColor(
  palette: Palette,
  own: string,
  place: number,
): string {
  return palette === 'safe' ? (SAFE[place % SAFE.length] as string) : own;
}
