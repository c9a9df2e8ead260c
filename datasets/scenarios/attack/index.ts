import type { Attack } from '../scenario.ts';
import { ACCOUNTS } from './accounts.ts';
import { CHAINS } from './chains.ts';
import { CREDENTIALS } from './credentials.ts';
import { DEFENCES } from './defences.ts';
import { DISCOVERY } from './discovery.ts';
import { DOORS } from './doors.ts';
import { EXFILTRATION } from './exfiltration.ts';
import { FILELESS } from './fileless.ts';
import { HIJACK } from './hijack.ts';
import { IMPACT } from './impact.ts';
import { INJECTION } from './injection.ts';
import { ISOLATION } from './isolation.ts';
import { LOGIN_PERSISTENCE } from './login-persistence.ts';
import { MASQUERADE } from './masquerade.ts';
import { MINING } from './mining.ts';
import { NEIGHBOURS } from './neighbours.ts';
import { PACKAGE_HOOKS } from './package-hooks.ts';
import { REVERSE_SHELL } from './reverse-shell.ts';
import { ROOT_RIGHTS } from './root-rights.ts';
import { SCHEDULED_PERSISTENCE } from './scheduled-persistence.ts';
import { TRACES } from './traces.ts';
import { TRANSFER } from './transfer.ts';

/** Every emulation of an attack. All stay inside the throwaway machine of a session. */
export const ATTACKS: readonly Attack[] = [
  ...ACCOUNTS,
  ...CHAINS,
  ...CREDENTIALS,
  ...DEFENCES,
  ...DISCOVERY,
  ...DOORS,
  ...EXFILTRATION,
  ...FILELESS,
  ...HIJACK,
  ...IMPACT,
  ...INJECTION,
  ...ISOLATION,
  ...LOGIN_PERSISTENCE,
  ...MASQUERADE,
  ...MINING,
  ...NEIGHBOURS,
  ...PACKAGE_HOOKS,
  ...REVERSE_SHELL,
  ...ROOT_RIGHTS,
  ...SCHEDULED_PERSISTENCE,
  ...TRACES,
  ...TRANSFER,
];
