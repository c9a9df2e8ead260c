import type { Activity } from '../scenario.ts';
import { ADMINISTRATION } from './administration.ts';
import { COPIES } from './copies.ts';
import { DEBUGGING } from './debugging.ts';
import { DEPLOYMENTS } from './deployments.ts';
import { DEVELOPMENT } from './development.ts';
import { EVERYDAY } from './everyday.ts';
import { OPERATIONS } from './operations.ts';
import { PEOPLE } from './people.ts';
import { PROCESSES } from './processes.ts';

/** Every piece of ordinary work that a recording may draw. */
export const BENIGN: readonly Activity[] = [
  ...EVERYDAY,
  ...ADMINISTRATION,
  ...DEVELOPMENT,
  ...OPERATIONS,
  ...PEOPLE,
  ...DEPLOYMENTS,
  ...COPIES,
  ...PROCESSES,
  ...DEBUGGING,
];
