import type { Hotkey } from './hotkeys';

/** Keys of what may be asked of the engine, and of the log. */
export const turnHotkeys: readonly Hotkey[] = [
  {
    keys: [','],
    title: 'Propagate to the slices before',
    run: (desk) => desk.turns.propagate(-1),
  },
  {
    keys: ['.'],
    title: 'Propagate to the slices after',
    run: (desk) => desk.turns.propagate(1),
  },
  {
    keys: ['/'],
    title: 'Propagate both ways',
    run: (desk) => desk.turns.propagate(0),
  },
  {
    keys: ['g'],
    title: 'Go to the slice whose mask looks worst',
    run: (desk) => desk.turns.gotoSuggested(),
  },
  {
    keys: ['a'],
    title: 'Answers live, or on demand',
    run: (desk) => desk.collector.setOnDemand(!desk.collector.onDemand),
  },
  {
    keys: ['enter'],
    title: 'Close the livewire, or send the marks collected on demand',
    run: (desk) => desk.finish(),
  },
  {
    keys: ['shift+delete', 'shift+backspace'],
    title: 'Remove the label from this slice',
    run: (desk) => desk.removal.here(),
  },
  {
    keys: ['ctrl+delete', 'ctrl+backspace'],
    title: 'Remove the label from all slices',
    run: (desk) => desk.removal.everywhere(),
  },
  {
    keys: ['y'],
    title: 'Show or hide the history',
    run: (desk) => {
      desk.turns.historyOpen = !desk.turns.historyOpen;
    },
  },
  {
    keys: ['delete', 'backspace'],
    title: 'Take the turn selected in the history out of the log',
    run: (desk) =>
      desk.turns.selected && desk.turns.remove(desk.turns.selected),
  },
];
