import type { CaseDesk } from './CaseDesk.svelte';
import { deskHotkeys } from './deskHotkeys';
import { maskHotkeys } from './maskHotkeys';
import { toolHotkeys } from './toolHotkeys';
import { turnHotkeys } from './turnHotkeys';
import { viewHotkeys } from './viewHotkeys';

/** One thing a key does. */
export interface Hotkey {
  /** `KeyboardEvent.key`, lower case; with `ctrl+` or `shift+` before it */
  readonly keys: readonly string[];
  readonly title: string;
  readonly run: (desk: CaseDesk) => void;
}

const label = (value: number): Hotkey => ({
  keys: [String(value)],
  title: value === 0 ? 'Background' : `Label ${value}`,
  run: (desk) => desk.box.chooseLabel(value),
});

/** Every hotkey but Space, which acts on release (see `SpaceBar`). */
export const hotkeys: readonly Hotkey[] = [
  {
    keys: ['s'],
    title: 'Scribble',
    run: (desk) => desk.box.choose('scribble'),
  },
  {
    keys: ['e'],
    title: 'Scribble background',
    run: (desk) => desk.box.choose('erase'),
  },
  {
    keys: ['c'],
    title: 'Click',
    run: (desk) => desk.box.choose('click'),
  },
  {
    keys: ['b'],
    title: 'Box',
    run: (desk) => desk.box.choose('box'),
  },
  {
    keys: ['p'],
    title: 'Move the picture',
    run: (desk) => desk.box.choose('pan'),
  },
  {
    // The second keys are there where the first need AltGr or Option.
    keys: ['[', 'ö'],
    title: 'Narrower stroke',
    run: (desk) => desk.box.setWidth(desk.box.width - 1),
  },
  {
    keys: [']', 'ä'],
    title: 'Wider stroke',
    run: (desk) => desk.box.setWidth(desk.box.width + 1),
  },
  ...[1, 2, 3, 4, 5, 6, 7, 8, 9, 0].map(label),
  ...toolHotkeys,
  ...maskHotkeys,
  ...turnHotkeys,
  ...viewHotkeys,
  ...deskHotkeys,
  {
    keys: ['arrowup', 'pageup'],
    title: 'Previous slice',
    run: (desk) => desk.step(-1),
  },
  {
    keys: ['arrowdown', 'pagedown'],
    title: 'Next slice',
    run: (desk) => desk.step(1),
  },
  {
    keys: ['ctrl+z'],
    title: 'Undo',
    run: (desk) => desk.turns.undo(),
  },
  {
    keys: ['ctrl+y', 'ctrl+shift+z'],
    title: 'Redo',
    run: (desk) => desk.turns.redo(),
  },
  {
    keys: ['escape'],
    title: 'Give up the stroke, or the answer being made',
    run: (desk) => desk.cancel(),
  },
  {
    keys: ['f'],
    title: 'Fit the picture into the window',
    run: (desk) => desk.fit(),
  },
  {
    keys: ['m'],
    title: 'Show or hide marks',
    run: (desk) => desk.look.toggleMarks(),
  },
  {
    keys: ['o'],
    title: 'Show or hide outlines',
    run: (desk) => desk.look.toggleOutline(),
  },
  {
    keys: ['?', 'shift+?'],
    title: 'Show all keys',
    run: (desk) => {
      desk.helpOpen = !desk.helpOpen;
    },
  },
];
