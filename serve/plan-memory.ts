import { z } from 'zod';
import type { State } from '../ports/state/state.ts';
import type { Plan, PlanVersions } from './champions.ts';
import type { ScoredWindow } from './messages.ts';

/**
 * An inference id holds the model version, so a window that is published by two versions counts as two results
 * downstream. Hence a batch remembers who scored it from before its results are published until they are: delivered
 * again after a crash or a failed publication, it is scored by the same.
 */
const remembered = z.object({ champion: z.string(), challenger: z.string().optional() });

/** As long as a batch's own bytes are of use to anybody. */
const TTL_SECONDS = 24 * 3600;

const keyOf = (batchId: string): string => `scored-by/${batchId}`;

export async function rememberPlan(
  state: State,
  batchId: string,
  { champion, challenger }: Plan,
  windows: readonly ScoredWindow[],
): Promise<void> {
  const isUsed = windows.some(({ model_version }) => model_version === challenger?.version);
  const plan: PlanVersions = {
    champion: champion.version,
    ...(isUsed && challenger && { challenger: challenger.version }),
  };
  await state.set(keyOf(batchId), Buffer.from(JSON.stringify(plan)), TTL_SECONDS);
}

/** Who scored a batch whose results may have been published; nothing where none were. */
export async function planBefore(state: State, batchId: string): Promise<PlanVersions | undefined> {
  const bytes = await state.get(keyOf(batchId));
  return bytes && remembered.parse(JSON.parse(bytes.toString()));
}

export async function forgetPlan(state: State, batchId: string): Promise<void> {
  await state.delete(keyOf(batchId));
}
