import { cutMark } from '../geometry/cutMark';
import type { CanvasPoint } from '../geometry/frames';
import type { PlaneFrame } from '../geometry/PlaneFrame';
import type { SlicePlacement } from '../geometry/SlicePlacement';
import type { LogTurn } from './LogState';
import { toLine } from './turnAt';

/**
 * The newest turn with a mark under a point of a plane across the slices; null
 * where none is.
 *
 * @param at the fixed index of the plane
 * @param reach how far beside a mark still hits it, in CSS pixels
 */
export function turnInPlane(
  turns: readonly LogTurn[],
  frame: PlaneFrame,
  at: number,
  placement: SlicePlacement,
  point: CanvasPoint,
  reach: number,
): LogTurn | null {
  return (
    turns.findLast(
      (turn) =>
        turn.state === 'active' &&
        turn.prompts
          .flatMap((prompt) => cutMark(prompt, frame, at))
          .some(({ places, closed }) => {
            const around = closed ? [...places, ...places.slice(0, 1)] : places;
            const drawn = around.map((place) => placement.canvasOf(...place));
            return toLine(drawn, point) <= reach;
          }),
    ) ?? null
  );
}
