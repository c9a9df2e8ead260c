import { setTimeout as pause } from 'node:timers/promises';
import type { Alert, AlertChange } from '../../contracts/alert.ts';
import type { AlertsPlace } from './alerts.contract.ts';
import type { AlertStore, OutboxEntry } from './alerts.ts';
import { alertOf } from './sample.ts';

/** What every implementation of the port promises to those who open one place several times, at once. */
export function alertsSharedContract(emptyPlace: AlertsPlace): void {
  const opened: AlertStore[] = [];
  const openSeveral = async (count: number): Promise<readonly AlertStore[]> => {
    const open = await emptyPlace();
    const stores = await Promise.all(Array.from({ length: count }, open));
    opened.push(...stores);
    return stores;
  };
  const openTwice = async () => (await openSeveral(2)) as [AlertStore, AlertStore];
  afterEach(async () => {
    for (const store of opened.splice(0)) await store.close();
  });
  const save = (store: AlertStore, alert: Alert, change: AlertChange = 'created') =>
    store.transaction((transaction) => transaction.save({ change, alert }));

  test('a transaction sees its own writes; others see them when it has ended', async () => {
    const [store, other] = await openTwice();
    const alert = alertOf('a', {});
    const outside: unknown[] = [];
    const inside = await store.transaction(async (transaction) => {
      await transaction.save({ change: 'created', alert });
      outside.push(await store.get(alert.alert_id), await other.get(alert.alert_id), await store.count());
      return transaction.get(alert.alert_id);
    });
    expect(inside).toEqual(alert);
    expect(outside).toEqual([undefined, undefined, 0]);
    expect(await other.get(alert.alert_id)).toEqual(alert);
  });

  test('transactions do not interleave, within a process or between two connections', async () => {
    const pair = await openTwice();
    const alert = alertOf('a', { count: 1 });
    await save(pair[0], alert);
    const addOne = (store: AlertStore) =>
      store.transaction(async (transaction) => {
        const now = (await transaction.get(alert.alert_id)) as Alert;
        await new Promise(setImmediate); // room for another one to slip in
        await transaction.save({ change: 'merged', alert: { ...now, count: now.count + 1 } });
      });
    await Promise.all(Array.from({ length: 20 }, (_, n) => addOne(pair[n % 2] as AlertStore)));
    expect((await pair[0].get(alert.alert_id))?.count).toBe(21);
    expect(await pair[1].audit(alert.alert_id)).toHaveLength(21);
  });

  test('opened four times at once, an empty place is prepared once', async () => {
    const stores = await openSeveral(4);
    for (const store of stores) expect(await store.count()).toBe(0);
    await save(stores[0] as AlertStore, alertOf('a', {}));
    for (const store of stores) expect(await store.count()).toBe(1);
  });

  test('takeIn() says true to exactly one of those who ask at once', async () => {
    const stores = await openSeveral(3);
    const takeIn = (store: AlertStore, id: string) =>
      store.transaction((transaction) => transaction.takeIn(id, 1));
    for (let round = 0; round < 10; round += 1) {
      const answers = await Promise.all(stores.map((store) => takeIn(store, `i${round}`)));
      expect(answers.filter(Boolean)).toHaveLength(1);
    }
  });

  test('published() removes what was read and nothing that others write meanwhile', async () => {
    const [one, two, publisher] = (await openSeveral(3)) as [AlertStore, AlertStore, AlertStore];
    const read: OutboxEntry[] = [];
    const written = { all: false };
    const write = async (store: AlertStore, name: string): Promise<void> => {
      for (let count = 1; count <= 30; count += 1) {
        await store.transaction(async (transaction) => {
          await transaction.save({ change: 'merged', alert: alertOf(name, { count }) });
          await pause(Math.random() * 4); // its entry has its id, and nobody may see it yet
        });
      }
    };
    const drain = async (): Promise<void> => {
      for (;;) {
        const isLast = written.all;
        const entries = await publisher.outbox(7);
        read.push(...entries);
        if (entries.length > 0) await publisher.published(entries.at(-1)?.id ?? 0);
        else if (isLast) return;
        await pause(1); // the embedded store answers without leaving the thread to those who write
      }
    };
    const writing = Promise.all([write(one, 'a'), write(two, 'b')]).finally(() => {
      written.all = true;
    });
    await Promise.all([writing, drain()]);
    for (const name of ['a', 'b']) {
      const own = read.filter((entry) => entry.message.alert.hostname === `${name}.local`);
      expect(own.map((entry) => entry.message.alert.count)).toEqual(
        Array.from({ length: 30 }, (_, n) => n + 1),
      );
    }
    const ids = read.map((entry) => entry.id);
    expect(ids).toEqual([...new Set(ids)].sort((a, b) => a - b));
  });
}
