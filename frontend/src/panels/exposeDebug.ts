import type { Voxel } from '../geometry/frames';
import type { CaseDesk } from './CaseDesk.svelte';

/** What tests in a real browser may read; nothing here changes anything. */
export interface DebugView {
  readonly sessionId: string;
  readonly slice: number;
  readonly draftVersion: number;
  /** turns whose last answer has not come, or that are unsent */
  readonly pending: number;
  readonly ready: boolean;
  /** whether a first prediction of the slice was asked for, if needed */
  readonly visited: boolean;
  /** voxel under a point of the browser window */
  voxelAtCanvas(clientX: number, clientY: number): Voxel | null;
  /** point of the browser window at the centre of a voxel of this slice */
  canvasOfVoxel(z: number, y: number, x: number): [number, number] | null;
  maskValue(z: number, y: number, x: number): number;
  /** where the crosshair is */
  readonly at: Voxel;
  /** point of the browser window at a voxel, in the plane across an axis */
  pointInPlane(
    axis: 1 | 2,
    z: number,
    y: number,
    x: number,
  ): [number, number] | null;
}

declare global {
  interface Window {
    slicewise?: DebugView;
  }
}

export function exposeDebug(desk: CaseDesk): void {
  const box = (): DOMRect | undefined =>
    document.querySelector('[data-testid=pane]')?.getBoundingClientRect();
  window.slicewise = {
    get sessionId() {
      return desk.detail.id;
    },
    get slice() {
      return desk.viewer?.slice ?? -1;
    },
    get draftVersion() {
      return desk.session.status.draftVersion;
    },
    get pending() {
      return desk.session.pending.length + desk.session.status.unsent;
    },
    get ready() {
      return desk.session.ready && (desk.viewer?.slice ?? -1) >= 0;
    },
    get visited() {
      return desk.visited;
    },
    voxelAtCanvas(clientX, clientY) {
      const pane = box();
      const index =
        pane && desk.viewer?.indexAt([clientX - pane.left, clientY - pane.top]);
      return index ? desk.geometry.voxelOf(index) : null;
    },
    canvasOfVoxel(z, y, x) {
      const pane = box();
      const point = desk.viewer?.canvasOf([z, y, x]);
      return pane && point && z === desk.viewer?.slice
        ? [pane.left + point[0], pane.top + point[1]]
        : null;
    },
    get at() {
      return desk.view.at;
    },
    pointInPlane(axis, z, y, x) {
      const pane = document
        .querySelector(`[data-testid=plane-${axis}]`)
        ?.getBoundingClientRect();
      const { rows, columns } = desk.view.frames[axis];
      const voxel: Voxel = [z, y, x];
      const point = desk.view.placements[axis]?.canvasOf(
        voxel[rows],
        voxel[columns],
      );
      return pane && point ? [pane.left + point[0], pane.top + point[1]] : null;
    },
    maskValue: (z, y, x) => desk.session.mask.valueAt([z, y, x]),
  };
}
