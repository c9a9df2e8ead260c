import type { Attack } from '../scenario.ts';
import { CREDENTIALS } from './credentials.ts';
import { DISCOVERY } from './discovery.ts';
import { LOGIN_PERSISTENCE } from './login-persistence.ts';
import { REVERSE_SHELL } from './reverse-shell.ts';
import { SCHEDULED_PERSISTENCE } from './scheduled-persistence.ts';

/** Every emulation of an attack. All stay inside the throwaway machine of a session. */
export const ATTACKS: readonly Attack[] = [
  ...REVERSE_SHELL,
  ...DISCOVERY,
  ...CREDENTIALS,
  ...SCHEDULED_PERSISTENCE,
  ...LOGIN_PERSISTENCE,
];
