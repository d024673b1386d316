import type { components } from './schema';

/** Another series of the patient. */
export type Companion = components['schemas']['Companion'];
