import type { Activity } from '../scenario.ts';
import { ADMINISTRATION } from './administration.ts';
import { DEVELOPMENT } from './development.ts';
import { EVERYDAY } from './everyday.ts';
import { OPERATIONS } from './operations.ts';

/** Every piece of ordinary work that a recording may draw. */
export const BENIGN: readonly Activity[] = [...EVERYDAY, ...ADMINISTRATION, ...DEVELOPMENT, ...OPERATIONS];
