import type { CaseDesk } from './CaseDesk.svelte';
import type { Hotkey } from './hotkeys';

/** CSS pixels of a drag that a key press stands for. */
const WINDOW_PIXELS = 20;
const STRENGTH_STEP = 0.1;

const windowBy = (
  key: string,
  title: string,
  right: number,
  down: number,
): Hotkey => ({
  keys: [key],
  title,
  run: (desk) => desk.levels.drag(right * WINDOW_PIXELS, down * WINDOW_PIXELS),
});

const crosshairBy = (
  key: string,
  title: string,
  rows: number,
  columns: number,
): Hotkey => ({
  keys: [key],
  title,
  run: (desk) => {
    const [slice, row, column] = desk.view.at;
    desk.view.moveTo([slice, row + rows, column + columns]);
  },
});

/** Bound to no key at first: there are more windows than keys. */
const preset = (name: string): Hotkey => ({
  keys: [],
  title: `Window: ${name}`,
  run: (desk) => {
    const window = desk.levels.presets.find((known) => known.name === name);
    if (window) {
      desk.levels.choose(window);
    }
  },
});

function fuseBy(desk: CaseDesk, by: number): void {
  const { other } = desk;
  other.opacity = Math.min(Math.max(other.opacity + by, 0), 1);
}

/** Keys of the case as a whole, and of what buttons alone did before. */
export const deskHotkeys: readonly Hotkey[] = [
  {
    keys: ['ctrl+enter'],
    title: 'Accept this slice and go to the next',
    run: (desk) => desk.turns.accept(),
  },
  {
    keys: ['shift+enter'],
    title: 'Submit the case',
    run: (desk) => desk.submission.ask(),
  },
  {
    keys: ['shift+t'],
    title: 'Work in this tab',
    run: (desk) => desk.tab.elsewhere && desk.tab.takeOver(),
  },
  {
    keys: ['ctrl+,'],
    title: 'Settings',
    run: (desk) => {
      desk.settingsOpen = true;
    },
  },
  {
    keys: ['shift+a'],
    title: 'Show me around',
    run: (desk) => {
      desk.tourOpen = true;
    },
  },
  {
    keys: ['shift+n'],
    title: 'Put the notices away',
    run: (desk) => desk.board.clear(),
  },
  {
    keys: ['shift+p'],
    title: 'Ask again for slices that did not come',
    run: (desk) => desk.viewer?.retry(),
  },
  {
    keys: ['<'],
    title: 'Label before',
    run: (desk) => desk.box.stepLabel(-1),
  },
  {
    keys: ['>'],
    title: 'Label after',
    run: (desk) => desk.box.stepLabel(1),
  },
  {
    keys: ['shift+k'],
    title: 'Lock or unlock the label',
    run: (desk) => desk.ground.toggleLock(desk.box.label),
  },
  {
    keys: ['shift+e'],
    title: 'Show or hide the label',
    run: ({ look, box }) => {
      const label = look.labelOf(box.label);
      if (label) {
        look.toggleVisible(label);
      }
    },
  },
  {
    keys: ['shift+b'],
    title: 'Paint with a ball, or on the slice',
    run: (desk) => desk.box.toggleBall(),
  },
  {
    keys: ['shift+y'],
    title: 'Keep paint to values, or not',
    run: (desk) => desk.box.toggleLimit(),
  },
  {
    keys: ['shift+z'],
    title: 'Undo everything after the turn selected in the history',
    run: (desk) =>
      desk.turns.selected && desk.turns.backTo(desk.turns.selected),
  },
  {
    keys: ['shift+q'],
    title: 'Lines of the crosshair',
    run: ({ view: { preferences } }) =>
      preferences.like('crosshair', !preferences.liked.crosshair),
  },
  crosshairBy('ctrl+shift+arrowup', 'Crosshair up', -1, 0),
  crosshairBy('ctrl+shift+arrowdown', 'Crosshair down', 1, 0),
  crosshairBy('ctrl+shift+arrowleft', 'Crosshair to the left', 0, -1),
  crosshairBy('ctrl+shift+arrowright', 'Crosshair to the right', 0, 1),
  windowBy('f2', 'Darker picture', 0, 1),
  windowBy('f4', 'Brighter picture', 0, -1),
  windowBy('f8', 'More contrast', -1, 0),
  windowBy('f9', 'Less contrast', 1, 0),
  ...['Abdomen', 'Liver', 'Lung', 'Bone', 'Brain'].map(preset),
  {
    keys: ['('],
    title: 'Fainter other series',
    run: (desk) => fuseBy(desk, -STRENGTH_STEP),
  },
  {
    keys: [')'],
    title: 'Stronger other series',
    run: (desk) => fuseBy(desk, STRENGTH_STEP),
  },
];
