import type { LogAction } from './reduceLog';
import type { Errand } from './UnsentStore';

/** What an errand will do to the log. */
export function actionOf(errand: Errand): LogAction {
  switch (errand.type) {
    case 'turn':
      return { type: 'drawn', id: errand.id, prompts: errand.prompts };
    case 'undo':
      return { type: 'undone' };
    case 'back':
      return { type: 'returned', id: errand.turn };
    case 'redo':
      return { type: 'redone' };
    case 'remove':
      return { type: 'removed', id: errand.turn };
    case 'cancel':
      return { type: 'cancelled', id: errand.turn };
    case 'stop':
      return { type: 'stopping', id: errand.turn };
  }
}
