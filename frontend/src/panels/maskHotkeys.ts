import type { Hotkey } from './hotkeys';
import type { Shaping } from './MaskSteps.svelte';

const step = (
  key: string,
  title: string,
  shaping: Shaping,
  ...others: readonly string[]
): Hotkey => ({
  keys: [key, ...others],
  title,
  run: (desk) => desk.steps.shape(shaping),
});

/** Keys of the steps on the mask of the shown slice. */
export const maskHotkeys: readonly Hotkey[] = [
  step('h', 'Fill the holes of the label here', 'fill'),
  step('j', 'Keep the largest part of the label here', 'largest'),
  step('u', 'Smooth the border of the label here', 'smooth'),
  // The second keys are there where the first need AltGr or Option.
  step('}', 'Grow the label here by one voxel', 'grow', 'shift+m'),
  step('{', 'Shrink the label here by one voxel', 'shrink', 'shift+j'),
  {
    keys: ['t'],
    title: 'Interpolate the label between slices',
    run: (desk) => desk.steps.interpolate(),
  },
  {
    keys: ['ctrl+arrowup'],
    title: 'Copy the label from the slice before',
    run: (desk) => desk.steps.copyFrom(-1),
  },
  {
    keys: ['ctrl+arrowdown'],
    title: 'Copy the label from the slice after',
    run: (desk) => desk.steps.copyFrom(1),
  },
];
