import type { Hotkey } from './hotkeys';

/** Keys of how the volume is looked at. */
export const viewHotkeys: readonly Hotkey[] = [
  {
    keys: ['shift+v'],
    shown: 'Shift+V',
    title: 'Next layout of panes',
    run: (desk) => desk.view.nextLayout(),
  },
  {
    keys: ['w'],
    shown: 'W',
    title: 'Next window',
    run: (desk) => desk.view.stepPreset(1),
  },
  {
    keys: ['shift+w'],
    shown: 'Shift+W',
    title: 'Window that suits the slice',
    run: (desk) => desk.view.fitWindow(),
  },
  {
    keys: ['i'],
    shown: 'I',
    title: 'Black for white',
    run: (desk) => desk.view.toggleInverse(),
  },
  {
    keys: ['n'],
    shown: 'N',
    title: 'Smooth picture, or single voxels',
    run: (desk) => desk.view.toggleSmooth(),
  },
  {
    keys: ['z'],
    shown: 'Z',
    title: 'Zoom to the mask',
    run: (desk) => desk.view.zoomToMask(),
  },
  {
    keys: ['+', '='],
    shown: '+',
    title: 'Nearer',
    run: (desk) => desk.view.zoom(1),
  },
  {
    keys: ['-'],
    shown: '-',
    title: 'Further',
    run: (desk) => desk.view.zoom(-1),
  },
  {
    keys: ['shift+arrowleft'],
    shown: 'Shift+←',
    title: 'Picture to the left',
    run: (desk) => desk.view.nudge(-1, 0),
  },
  {
    keys: ['shift+arrowright'],
    shown: 'Shift+→',
    title: 'Picture to the right',
    run: (desk) => desk.view.nudge(1, 0),
  },
  {
    keys: ['shift+arrowup'],
    shown: 'Shift+↑',
    title: 'Picture up',
    run: (desk) => desk.view.nudge(0, -1),
  },
  {
    keys: ['shift+arrowdown'],
    shown: 'Shift+↓',
    title: 'Picture down',
    run: (desk) => desk.view.nudge(0, 1),
  },
  {
    keys: ['home'],
    shown: 'Home',
    title: 'First slice',
    run: (desk) => desk.step(-desk.count),
  },
  {
    keys: ['end'],
    shown: 'End',
    title: 'Last slice',
    run: (desk) => desk.step(desk.count),
  },
  {
    keys: ['k'],
    shown: 'K',
    title: 'Run through the slices, or stop',
    run: (desk) => desk.view.toggleCine(),
  },
  {
    keys: ['shift+x'],
    shown: 'Shift+X',
    title: 'Crosshair',
    run: (desk) => desk.view.chooseTool('crosshair'),
  },
  {
    keys: ['shift+r'],
    shown: 'Shift+R',
    title: 'Ruler',
    run: (desk) => desk.view.chooseTool('ruler'),
  },
  {
    keys: ['shift+d'],
    shown: 'Shift+D',
    title: 'Remove the measures',
    run: (desk) => desk.view.forgetMeasures(),
  },
  {
    keys: ['shift+h'],
    shown: 'Shift+H',
    title: 'Value probe',
    run: (desk) => desk.view.chooseTool('probe'),
  },
  {
    keys: ['shift+g'],
    shown: 'Shift+G',
    title: 'Magnifier',
    run: (desk) => desk.view.chooseTool('magnifier'),
  },
  {
    keys: [';'],
    shown: ';',
    title: 'Fainter mask',
    run: (desk) => desk.setOpacity(desk.opacity - 0.1),
  },
  {
    keys: ["'"],
    shown: "'",
    title: 'Stronger mask',
    run: (desk) => desk.setOpacity(desk.opacity + 0.1),
  },
];
