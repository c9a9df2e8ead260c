import type { Attack } from '../scenario.ts';
import { ACCOUNTS } from './accounts.ts';
import { CREDENTIALS } from './credentials.ts';
import { DEFENCES } from './defences.ts';
import { DISCOVERY } from './discovery.ts';
import { FILELESS } from './fileless.ts';
import { HIJACK } from './hijack.ts';
import { INJECTION } from './injection.ts';
import { LOGIN_PERSISTENCE } from './login-persistence.ts';
import { MASQUERADE } from './masquerade.ts';
import { MINING } from './mining.ts';
import { REVERSE_SHELL } from './reverse-shell.ts';
import { ROOT_RIGHTS } from './root-rights.ts';
import { SCHEDULED_PERSISTENCE } from './scheduled-persistence.ts';
import { TRACES } from './traces.ts';
import { TRANSFER } from './transfer.ts';

/** Every emulation of an attack. All stay inside the throwaway machine of a session. */
export const ATTACKS: readonly Attack[] = [
  ...ACCOUNTS,
  ...CREDENTIALS,
  ...DEFENCES,
  ...DISCOVERY,
  ...FILELESS,
  ...HIJACK,
  ...INJECTION,
  ...LOGIN_PERSISTENCE,
  ...MASQUERADE,
  ...MINING,
  ...REVERSE_SHELL,
  ...ROOT_RIGHTS,
  ...SCHEDULED_PERSISTENCE,
  ...TRACES,
  ...TRANSFER,
];
