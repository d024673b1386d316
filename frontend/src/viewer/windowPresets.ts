import type { Window } from './Viewer';

export interface WindowPreset extends Window {
  readonly name: string;
}

/** Hounsfield units. */
const CT: readonly WindowPreset[] = [
  { name: 'Abdomen', center: 40, width: 400 },
  { name: 'Liver', center: 60, width: 160 },
  { name: 'Lung', center: -600, width: 1500 },
  { name: 'Bone', center: 400, width: 1800 },
  { name: 'Brain', center: 40, width: 80 },
];

/** Windows to choose from; the volume's own is the first. */
export function windowPresets(
  modality: string,
  own: Window | null,
): readonly WindowPreset[] {
  return [
    ...(own ? [{ name: 'Default', ...own }] : []),
    ...(modality === 'CT' ? CT : []),
  ];
}

/** A window made of what is on the slice. */
export interface ShareWindow {
  readonly name: string;
  /** of the values, how many are darker, and how many brighter, than it shows */
  readonly share: number;
}

/** Where units mean nothing (all but CT), windows follow the values. */
const SHARES: readonly ShareWindow[] = [
  { name: 'Auto', share: 0.01 },
  { name: 'Narrow', share: 0.1 },
  { name: 'Wide', share: 0 },
];

/** Windows by the slice's own values; the first suits every modality. */
export function shareWindows(modality: string): readonly ShareWindow[] {
  return modality === 'CT' ? SHARES.slice(0, 1) : SHARES;
}
