import type { EventData } from '../contracts/event.ts';
import { put, textOf, userIdOf, userNameOf, wholeOf } from './syscalls-values.ts';

/** Records that tell of accounts, sessions and credentials (linux/audit.h, linux-pam, shadow-utils, sudo). */
const AUTH_TYPES: ReadonlySet<string> = new Set(
  (
    'LOGIN USER_AUTH USER_ACCT USER_MGMT USER_START USER_END USER_LOGIN USER_LOGOUT USER_ERR USER_CHAUTHTOK ' +
    'USER_CMD USER_ROLE_CHANGE USER_SELINUX_ERR CRED_ACQ CRED_DISP CRED_REFR ADD_USER DEL_USER ADD_GROUP DEL_GROUP ' +
    'GRP_MGMT GRP_AUTH GRP_CHAUTHTOK CHGRP_ID CHUSER_ID ACCT_LOCK ACCT_UNLOCK ROLE_ASSIGN ROLE_REMOVE ' +
    'ANOM_LOGIN_FAILURES ANOM_LOGIN_TIME ANOM_LOGIN_SESSIONS ANOM_LOGIN_ACCT ANOM_LOGIN_LOCATION ' +
    'RESP_ACCT_LOCK RESP_ACCT_LOCK_TIMED RESP_ACCT_UNLOCK_TIMED'
  ).split(' '),
);

/** True for a record of an account, a session or credentials. */
export function isAuthType(type: string): boolean {
  return AUTH_TYPES.has(type);
}

/**
 * What such a record says. `auth_action` is its type in lower case, `auth_type` the operation (`PAM:session_open`),
 * `target_user` the account it is about, `details` the command that `sudo` was asked for.
 */
export function authData(type: string, fields: ReadonlyMap<string, string>): EventData {
  const data: EventData = { auth_action: type.toLowerCase() };
  put(data, 'auth_type', textOf(fields.get('op')));
  put(data, 'auth_result', resultOf(fields.get('res') ?? fields.get('result')));
  put(data, 'process_id', wholeOf(fields.get('pid')));
  put(data, 'image', textOf(fields.get('exe')));
  put(data, 'user_id', userIdOf(fields.get('uid')));
  put(data, 'user', userNameOf(fields.get('UID') ?? fields.get('uid')));
  put(data, 'login_id', userIdOf(fields.get('auid')));
  put(
    data,
    'target_user',
    textOf(fields.get('acct')) ?? textOf(fields.get('ID')) ?? textOf(fields.get('id')),
  );
  put(data, 'terminal', textOf(fields.get('terminal')) ?? textOf(fields.get('tty')));
  put(data, 'source_ip', addressOf(fields));
  put(data, 'current_directory', textOf(fields.get('cwd')));
  put(data, 'details', textOf(fields.get('cmd')));
  return data;
}

function resultOf(text: string | undefined): EventData['auth_result'] {
  if (text === undefined) return undefined;
  if (/^(success|yes|1)$/i.test(text)) return 'success';
  return /^(fail(ed|ure)?|no|0)$/i.test(text) ? 'failure' : undefined;
}

function addressOf(fields: ReadonlyMap<string, string>): string | undefined {
  const address = textOf(fields.get('addr'));
  return address === undefined || !/^[0-9a-f.:]+$/i.test(address) ? undefined : address;
}
