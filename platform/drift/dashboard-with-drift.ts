import type { Stage } from '../../contracts/stage.ts';
import { type DashboardNeeds, dashboard } from '../../dashboard/dashboard.ts';
import { shadowReport } from '../../ports/state/shadow-report.ts';
import { modelNameOf } from '../../serve/champions.ts';
import { type DriftWatchNeeds, storedDrift, watchDrift } from './drift-watch.ts';

/**
 * The dashboard, with the watch for drift beside it: both read what other stages wrote and decide nothing, and any
 * number of replicas may run.
 */
export async function dashboardWithDrift(
  needs: Omit<DashboardNeeds, 'models'> & DriftWatchNeeds,
): Promise<Stage & { readonly url: string }> {
  const { state, registry } = needs;
  const stage = await dashboard({
    ...needs,
    models: {
      registry,
      nameOf: modelNameOf,
      drift: (platform) => storedDrift(state, platform),
      shadow: (platform) => shadowReport(state, platform),
    },
  });
  const watch = watchDrift(needs);
  return {
    ...stage,
    async close() {
      await watch.close();
      await stage.close();
    },
  };
}
