import { LogsterError } from '../../contracts/errors.ts';
import { lastLines } from './run-tool.ts';

const AGAIN = 'what is done stays done, so run the same command again';

/** What each of the two clients says when it cannot reach its registry. */
const UNREACHABLE =
  /ENOTFOUND|EAI_AGAIN|ECONNREFUSED|ECONNRESET|ETIMEDOUT|EHOSTUNREACH|ENETUNREACH|network (?:request|timeout)|Failed to establish a new connection|name resolution|Connection refused|Read timed out|ConnectTimeoutError|Max retries exceeded|ProxyError|SSLError|CERTIFICATE_VERIFY_FAILED|self.signed certificate|UNABLE_TO_(?:GET|VERIFY)/i;
const FULL = /ENOSPC|No space left on device/;

/** Why `pip download` failed, in words that help. */
export function explainPip(said: string, what: string): LogsterError {
  if (/DO NOT MATCH THE HASHES|HashMismatch/.test(said)) {
    return failed(
      `${what} is not the file that was released: its sha256 differs. A mirror or proxy changed or damaged it; nothing of it was kept. Try another index (PIP_INDEX_URL)`,
      lastLines(said),
    );
  }
  if (FULL.test(said))
    return failed(`The disk filled up while ${what} was downloaded; ${AGAIN}`, lastLines(said));
  if (UNREACHABLE.test(said)) {
    return failed(
      `The Python package index cannot be reached for ${what}. \`python3 -m pip config list\` shows the index and proxy in use (PIP_INDEX_URL, HTTPS_PROXY); ${AGAIN}`,
      lastLines(said),
    );
  }
  if (/No matching distribution found|Could not find a version/.test(said)) {
    const why = said.includes('(from versions: none)')
      ? 'cannot be reached or does not have'
      : 'does not have';
    return failed(
      `The Python package index in use ${why} ${what}. \`python3 -m pip config list\` shows which it is`,
      lastLines(said),
    );
  }
  return failed(`pip could not download ${what}`, lastLines(said));
}

/** Why `npm ci` failed, in words that help. */
export function explainNpm(said: string, what: string): LogsterError {
  const cause = said.trim().split('\n').slice(0, 6).join('\n'); // npm names the cause first
  if (/EINTEGRITY/.test(said)) {
    return failed(
      `A package of ${what} is not the one that was released: its checksum differs. Try \`npm cache clean --force\` or another registry (npm config get registry)`,
      cause,
    );
  }
  if (FULL.test(said)) return failed(`The disk filled up while ${what} was installed; ${AGAIN}`, cause);
  if (UNREACHABLE.test(said)) {
    return failed(
      `The npm registry cannot be reached for ${what}. \`npm config get registry\` and \`npm config get proxy\` show what is in use; ${AGAIN}`,
      cause,
    );
  }
  if (/\bE404\b|ETARGET/.test(said)) {
    return failed(
      `The npm registry in use does not have all of ${what}. \`npm config get registry\` shows which it is`,
      cause,
    );
  }
  return failed(`npm could not install ${what}`, cause);
}

function failed(message: string, cause: string): LogsterError {
  return new LogsterError('unavailable', `${message}\n${cause}`);
}
