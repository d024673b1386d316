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
