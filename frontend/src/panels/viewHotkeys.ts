import type { Hotkey } from './hotkeys';

/** Keys of how the volume is looked at. */
export const viewHotkeys: readonly Hotkey[] = [
  {
    keys: ['shift+v'],
    title: 'Next layout of panes',
    run: (desk) => desk.view.nextLayout(),
  },
  {
    keys: ['shift+s'],
    title: 'Surface of the mask',
    run: (desk) => desk.view.toggleSurface(),
  },
  {
    keys: ['shift+o'],
    title: 'Oblique plane',
    run: (desk) => desk.view.toggleOblique(),
  },
  {
    keys: ['shift+c'],
    title: 'Next other series of the patient, or none',
    run: (desk) => desk.other.next(),
  },
  {
    keys: ['shift+f'],
    title: 'Lay the other series over the case',
    run: (desk) => desk.other.toggleOver(),
  },
  {
    keys: ['w'],
    title: 'Next window',
    run: (desk) => desk.view.stepPreset(1),
  },
  {
    keys: ['shift+w'],
    title: 'Window that suits the slice',
    run: (desk) => desk.view.fitWindow(),
  },
  {
    keys: ['i'],
    title: 'Black for white',
    run: (desk) => desk.view.toggleInverse(),
  },
  {
    keys: ['n'],
    title: 'Smooth picture, or single voxels',
    run: (desk) => desk.view.toggleSmooth(),
  },
  {
    keys: ['z'],
    title: 'Zoom to the mask',
    run: (desk) => desk.view.zoomToMask(),
  },
  {
    keys: ['+', '='],
    title: 'Nearer',
    run: (desk) => desk.view.zoom(1),
  },
  {
    keys: ['-'],
    title: 'Further',
    run: (desk) => desk.view.zoom(-1),
  },
  {
    keys: ['shift+arrowleft'],
    title: 'Picture to the left',
    run: (desk) => desk.view.nudge(-1, 0),
  },
  {
    keys: ['shift+arrowright'],
    title: 'Picture to the right',
    run: (desk) => desk.view.nudge(1, 0),
  },
  {
    keys: ['shift+arrowup'],
    title: 'Picture up',
    run: (desk) => desk.view.nudge(0, -1),
  },
  {
    keys: ['shift+arrowdown'],
    title: 'Picture down',
    run: (desk) => desk.view.nudge(0, 1),
  },
  {
    keys: ['home'],
    title: 'First slice',
    run: (desk) => desk.step(-desk.count),
  },
  {
    keys: ['end'],
    title: 'Last slice',
    run: (desk) => desk.step(desk.count),
  },
  {
    keys: ['k'],
    title: 'Run through the slices, or stop',
    run: (desk) => desk.view.toggleCine(),
  },
  {
    keys: ['shift+x'],
    title: 'Crosshair',
    run: (desk) => desk.view.chooseTool('crosshair'),
  },
  {
    keys: ['shift+r'],
    title: 'Ruler',
    run: (desk) => desk.view.chooseTool('ruler'),
  },
  {
    keys: ['shift+d'],
    title: 'Remove the measures',
    run: (desk) => desk.view.ruler.forget(),
  },
  {
    keys: ['shift+h'],
    title: 'Value probe',
    run: (desk) => desk.view.chooseTool('probe'),
  },
  {
    keys: ['shift+g'],
    title: 'Magnifier',
    run: (desk) => desk.view.chooseTool('magnifier'),
  },
  {
    keys: ['shift+u'],
    title: 'Where the engine is unsure',
    run: (desk) => desk.uncertainty.toggle(),
  },
  {
    keys: [';'],
    title: 'Fainter mask',
    run: (desk) => desk.look.setOpacity(desk.look.opacity - 0.1),
  },
  {
    keys: ["'"],
    title: 'Stronger mask',
    run: (desk) => desk.look.setOpacity(desk.look.opacity + 0.1),
  },
];
