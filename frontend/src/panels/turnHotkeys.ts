import type { Hotkey } from './hotkeys';

/** Keys of what may be asked of the engine, and of the log. */
export const turnHotkeys: readonly Hotkey[] = [
  {
    keys: [','],
    shown: ',',
    title: 'Propagate to the slices before',
    run: (desk) => desk.turns.propagate(-1),
  },
  {
    keys: ['.'],
    shown: '.',
    title: 'Propagate to the slices after',
    run: (desk) => desk.turns.propagate(1),
  },
  {
    keys: ['/'],
    shown: '/',
    title: 'Propagate both ways',
    run: (desk) => desk.turns.propagate(0),
  },
  {
    keys: ['g'],
    shown: 'G',
    title: 'Go to the slice whose mask looks worst',
    run: (desk) => desk.turns.gotoSuggested(),
  },
];
