/** German texts by the English ones. */
export const german: Readonly<Record<string, string>> = {
  Axial: 'Axial',
  Coronal: 'Koronar',
  Sagittal: 'Sagittal',
  '{plane} plane {n} of {count}': 'Ebene {plane} {n} von {count}',
};
