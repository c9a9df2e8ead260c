import type { Attack } from '../scenario.ts';
import { ACCESS } from './access.ts';
import { ACTIONS } from './actions.ts';

/** Every emulation that a recording may draw. */
export const ATTACKS: readonly Attack[] = [...ACCESS, ...ACTIONS];
