import { burnMarks } from '../viewer/burnMarks';
import type { PlaneSource } from '../viewer/PlaneCanvas';
import type { Prompt } from '../wire/Prompt';
import type { CaseDesk } from './CaseDesk.svelte';

/**
 * What a plane of the desk's volume shows.
 *
 * @param marks marks that no answer contains yet
 */
export function planeSource(
  desk: CaseDesk,
  marks: () => readonly Prompt[],
): PlaneSource {
  return {
    geometry: desk.geometry,
    values: (z) => desk.viewer?.values(z) ?? null,
    labels: (z) =>
      burnMarks(desk.session.mask.slice(z), marks(), z, desk.shape),
    style: () => desk.look.style(),
    window: () =>
      desk.levels.window ?? desk.levels.own ?? { center: 0, width: 1 },
    get inverse() {
      return desk.view.inverse;
    },
    get smooth() {
      return desk.view.preferences.liked.smooth;
    },
  };
}
