import type { Activity } from '../scenario.ts';
import { ADMINISTRATION } from './administration.ts';
import { BULK_FILES } from './bulk-files.ts';
import { COMPILING } from './compiling.ts';
import { COPIES } from './copies.ts';
import { DEBUGGING } from './debugging.ts';
import { DEPLOYMENTS } from './deployments.ts';
import { DEVELOPMENT } from './development.ts';
import { EVERYDAY } from './everyday.ts';
import { NUMBERS } from './numbers.ts';
import { OPERATIONS } from './operations.ts';
import { ORIENTATION } from './orientation.ts';
import { PACKAGING } from './packaging.ts';
import { PEOPLE } from './people.ts';
import { PROCESSES } from './processes.ts';
import { REMOTE_TALK } from './remote-talk.ts';
import { SSH_WORK } from './ssh-work.ts';

/** Every piece of ordinary work that a recording may draw. */
export const BENIGN: readonly Activity[] = [
  ...ADMINISTRATION,
  ...BULK_FILES,
  ...COMPILING,
  ...COPIES,
  ...DEBUGGING,
  ...DEPLOYMENTS,
  ...DEVELOPMENT,
  ...EVERYDAY,
  ...NUMBERS,
  ...OPERATIONS,
  ...ORIENTATION,
  ...PACKAGING,
  ...PEOPLE,
  ...PROCESSES,
  ...REMOTE_TALK,
  ...SSH_WORK,
];
