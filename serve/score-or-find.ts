import { isUnavailable } from '../contracts/errors.ts';
import type { ScoredWindow } from './messages.ts';
import type { Pool, ScoreRequest } from './pool.ts';

/**
 * A scorer finds a bad graph by itself as long as it lives. When the process dies, any batch it had may be to blame:
 * each is scored again with nothing beside it. `failAlone` makes the result of the graph at a place of the request's.
 */
export async function scoreOrFind(
  pool: Pool,
  request: ScoreRequest,
  failAlone: (place: number, reason: string) => ScoredWindow,
): Promise<readonly ScoredWindow[]> {
  try {
    return await pool.score(request);
  } catch (thrown) {
    if (!isUnavailable(thrown)) throw thrown;
    return scoreInHalves(pool, { ...request, alone: true }, failAlone);
  }
}

/**
 * Halves what kills the scorer until the graph that does it is alone; each part is tried twice, since a process may
 * also die by accident.
 */
async function scoreInHalves(
  pool: Pool,
  request: ScoreRequest & { readonly alone: true },
  failAlone: (place: number, reason: string) => ScoredWindow,
  attempt = 1,
): Promise<readonly ScoredWindow[]> {
  try {
    return await pool.score(request);
  } catch (thrown) {
    if (!isUnavailable(thrown)) throw thrown;
    const { from, to } = request;
    if (attempt === 1) return scoreInHalves(pool, request, failAlone, 2);
    if (to - from === 1) return [failAlone(from, thrown.message)];
    const middle = (from + to) >> 1;
    const first = await scoreInHalves(pool, { ...request, to: middle }, failAlone);
    return [...first, ...(await scoreInHalves(pool, { ...request, from: middle }, failAlone))];
  }
}
