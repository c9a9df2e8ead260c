/** A request that was answered with an error, or not at all (status 0). */
export class Refused extends Error {
  readonly status: number;

  constructor(status: number, message: string) {
    super(message);
    this.status = status;
  }
}

const KEY = 'logster-key';

/** The key or token that was typed in; kept for this tab alone. */
export function keptKey(): string {
  return sessionStorage.getItem(KEY) ?? '';
}

/** Keeps the key for this tab, or forgets it when empty. */
export function keepKey(key: string): void {
  if (key === '') sessionStorage.removeItem(KEY);
  else sessionStorage.setItem(KEY, key);
}

/** Asks the server below `api/`. Throws `Refused` with the server's own words. */
export async function fetchJson<T>(
  path: string,
  change?: { readonly method: 'POST' | 'PATCH'; readonly body: unknown },
  signal?: AbortSignal,
): Promise<T> {
  const key = keptKey();
  let response: Response;
  try {
    response = await fetch(`api/${path}`, {
      method: change?.method ?? 'GET',
      headers: {
        ...(key !== '' && { authorization: `Bearer ${key}` }),
        ...(change && { 'content-type': 'application/json' }),
      },
      ...(change && { body: JSON.stringify(change.body) }),
      ...(signal && { signal }),
    });
  } catch (thrown) {
    if (signal?.aborted) throw thrown;
    throw new Refused(0, 'The dashboard server does not answer. Is Logster running?');
  }
  if (response.ok) return (await response.json()) as T;
  throw new Refused(response.status, await detailOf(response));
}

async function detailOf(response: Response): Promise<string> {
  const standard = `The server answered ${response.status} ${response.statusText}`.trim();
  try {
    const body = (await response.json()) as { readonly detail?: unknown };
    return typeof body.detail === 'string' ? body.detail : standard;
  } catch {
    return standard; // not JSON: a proxy's page, say
  }
}
