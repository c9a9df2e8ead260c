import type { Activity } from '../scenario.ts';
import { ADMINISTRATION } from './administration.ts';
import { BULK_FILES } from './bulk-files.ts';
import { bySudo } from './by-sudo.ts';
import { COMPILING } from './compiling.ts';
import { COPIES } from './copies.ts';
import { DEBUGGING } from './debugging.ts';
import { DEPLOYMENTS } from './deployments.ts';
import { DEVELOPMENT } from './development.ts';
import { EVERYDAY } from './everyday.ts';
import { FLEET } from './fleet.ts';
import { glancing } from './glancing.ts';
import { LOG_READING } from './log-reading.ts';
import { MACHINE_SETTINGS } from './machine-settings.ts';
import { NETWORK_CHECKS } from './network-checks.ts';
import { NUMBERS } from './numbers.ts';
import { OPERATIONS } from './operations.ts';
import { ORIENTATION } from './orientation.ts';
import { PACKAGING } from './packaging.ts';
import { PEOPLE } from './people.ts';
import { PROCESSES } from './processes.ts';
import { REMOTE_TALK } from './remote-talk.ts';
import { SCHEDULING } from './scheduling.ts';
import { SCRIPTING } from './scripting.ts';
import { SERVING } from './serving.ts';
import { SETTINGS_CHECKS } from './settings-checks.ts';
import { SSH_WORK } from './ssh-work.ts';
import { SYSTEM_CALLS } from './system-calls.ts';

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
  ...FLEET,
  ...LOG_READING,
  ...MACHINE_SETTINGS,
  ...NETWORK_CHECKS,
  ...NUMBERS,
  ...OPERATIONS,
  ...ORIENTATION,
  ...PACKAGING,
  ...PEOPLE,
  ...PROCESSES,
  ...REMOTE_TALK,
  ...SCHEDULING,
  ...SCRIPTING,
  ...SERVING,
  ...SETTINGS_CHECKS,
  ...SSH_WORK,
  ...SYSTEM_CALLS,
].map((activity) => glancing(bySudo(activity)));
