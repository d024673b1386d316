import type { ToolName } from '../tools/ToolName';
import type { Viewer } from '../viewer/Viewer';

/** What Space needs to know of the rest of the desk. */
export interface SpacePlace {
  readonly viewer: Pick<Viewer, 'setPanning'> | null;
  readonly box: { readonly tool: ToolName };
  readonly turns: { accept(): void };
}

/** Space held: the primary button pans; released unused: accept. */
export class SpaceBar {
  held = $state(false);
  readonly #place: SpacePlace;
  #used = false;

  constructor(place: SpacePlace) {
    this.#place = place;
  }

  hold(held: boolean): void {
    if (held === this.held) {
      return;
    }
    this.held = held;
    this.pan();
    if (held) {
      this.#used = false;
    } else if (!this.#used) {
      this.#place.turns.accept();
    }
  }

  /** Let the viewer pan while Space is held, or while that is the tool. */
  pan(): void {
    this.#place.viewer?.setPanning(this.held || this.#place.box.tool === 'pan');
  }

  /** A button or the wheel came between: the released Space accepts nothing. */
  use(): void {
    this.#used = true;
  }

  /** The page lost the keyboard while Space was held: nothing is accepted. */
  letGo(): void {
    this.use();
    this.hold(false);
  }
}
