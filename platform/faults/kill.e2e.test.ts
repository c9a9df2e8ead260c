import { SERVER_VARIABLES, withServers } from '../../ports/with-server.ts';
import { distributedSite } from '../distributed-site.ts';
import { ALL_IN_ONE, APART, type Product, runDisturbed } from './disturbed-run.ts';

/** Kills random processes so often, at random moments of a run. */
const kill = (times: number, everyMs: { readonly least: number; readonly most: number }) =>
  async function disturb(product: Product): Promise<void> {
    for (let n = 0; n < times; n += 1) {
      const waitMs = everyMs.least + Math.random() * (everyMs.most - everyMs.least);
      await new Promise((resolve) => setTimeout(resolve, waitMs));
      product.killAndRestart(Math.floor(Math.random() * product.processes));
    }
  };

test('kill -9 during a replay changes neither the scored windows nor the alerts', async () => {
  const undisturbed = await runDisturbed({ speed: Number.POSITIVE_INFINITY });
  expect(undisturbed.inferences.length).toBeGreaterThan(20);
  expect(undisturbed.alerts.length).toBeGreaterThan(0);
  const disturb = kill(4, { least: 1200, most: 3700 });
  expect(await runDisturbed({ speed: 20, processes: ALL_IN_ONE, disturb })).toEqual(undisturbed);
}, 300_000);

withServers(SERVER_VARIABLES, 'on distributed ports', (addresses) => {
  test('the outcome is that of the embedded ports, and 20 kills of random stages do not change it', async () => {
    const embedded = await runDisturbed({ speed: Number.POSITIVE_INFINITY });
    const calm = distributedSite(addresses);
    const stormy = distributedSite(addresses);
    try {
      const undisturbed = { settings: calm.settings, speed: Number.POSITIVE_INFINITY, processes: APART };
      expect(await runDisturbed(undisturbed)).toEqual(embedded);
      const disturb = kill(20, { least: 1500, most: 6000 });
      const settings = { ...stormy.settings, LOGSTER_KAFKA__SESSION_SECONDS: '6' };
      expect(await runDisturbed({ settings, speed: 4, processes: APART, disturb })).toEqual(embedded);
    } finally {
      await calm.cleanUp();
      await stormy.cleanUp();
    }
  }, 900_000);
});
