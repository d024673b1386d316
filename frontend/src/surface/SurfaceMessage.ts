import type { Affine } from '../geometry/frames';
import type { Mesh } from './Mesh';
import type { SlicePart } from './SurfaceStore';

/** What the page tells the worker that makes surfaces. */
export type SurfaceOrder =
  | { readonly kind: 'begin'; readonly affine: Affine }
  | {
      readonly kind: 'slice';
      readonly z: number;
      readonly part: SlicePart | null;
    }
  | { readonly kind: 'make' };

/** What it answers: each surface, and when all of an order were made. */
export type SurfaceAnswer =
  | {
      readonly kind: 'surface';
      readonly label: number;
      readonly mesh: Mesh | null;
    }
  | { readonly kind: 'made' };
