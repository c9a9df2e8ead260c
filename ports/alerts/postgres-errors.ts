import { DatabaseError } from 'pg';
import { LogsterError, reasonOf } from '../../contracts/errors.ts';

/** True where the connection is gone or was never made: what was not sent over it may be sent over another. */
export function isConnectionLost(thrown: unknown): boolean {
  if (!(thrown instanceof DatabaseError)) return true; // a socket's error or the client's own: no server spoke
  return LOST.some((code) => thrown.code?.startsWith(code));
}

/** `unavailable`, with the server that was asked, what it said and what to do. */
export function explained(server: string, thrown: unknown): LogsterError {
  if (thrown instanceof LogsterError) return thrown;
  const message = `Cannot use PostgreSQL at ${server}: ${reasonOf(thrown) || 'no answer'}; ${wayOut(thrown)}`;
  return new LogsterError('unavailable', message, { cause: thrown });
}

/** Classes and codes with which the server itself ends a connection (PostgreSQL manual, appendix A). */
const LOST = ['08', '57P01', '57P02', '57P03', '57P05', '25P03', '25P04'];

/** Ways out by the beginning of the server's code; the first that fits. */
const WAYS_OUT: readonly (readonly [string, string])[] = [
  ['28', 'check the user and the password of its address'],
  ['3D000', 'create that database or correct the address'],
  ['42501', "give this user the right to create and use Logster's schema"],
  ['53300', 'raise its max_connections or let fewer processes use it'],
  ['53', 'give the server more room'],
  ['55P03', 'another transaction has held what it needs for too long; end that one or try again'],
  ['57014', 'the statement took too long and was ended; try again when the server has less to do'],
  ['25P03', 'the transaction paused for too long and was undone; try again'],
  ['25006', 'this one only answers reads; name the primary server'],
  ['40', 'the transaction was undone; try again'], // another one, not Logster's, stood in its way
];

/** Node's codes where it does not trust what the server shows for itself. */
const DISTRUST = /CERT|VERIFY/;

function wayOut(thrown: unknown): string {
  const code = codeOf(thrown);
  if (!(thrown instanceof DatabaseError) && DISTRUST.test(code))
    return 'name the file of who signed its certificate as `caFile` of `tls`, or the host that it was made out to';
  const known = WAYS_OUT.find(([beginning]) => code.startsWith(beginning));
  if (known) return known[1];
  if (isConnectionLost(thrown)) return 'check that it runs and can be reached from here, then try again';
  return "see the server's log";
}

function codeOf(thrown: unknown): string {
  return thrown instanceof Error && 'code' in thrown ? String(thrown.code) : '';
}
