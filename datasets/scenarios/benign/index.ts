import type { Activity } from '../scenario.ts';
import { ADMINISTRATION } from './administration.ts';
import { EVERYDAY } from './everyday.ts';

/** Every piece of ordinary work that a recording may draw. */
export const BENIGN: readonly Activity[] = [...EVERYDAY, ...ADMINISTRATION];
