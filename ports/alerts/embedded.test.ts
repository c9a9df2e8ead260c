import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Kysely, SqliteDialect } from 'kysely';
import { lastBeforeKill } from '../killed.ts';
import { openSqlite } from '../sqlite.ts';
import { alertsContract } from './alerts.contract.ts';
import { embeddedAlerts } from './embedded.ts';
import { SQLITE_DIALECT } from './migrations.ts';
import { narrowVerdict, writeNarrowStore } from './narrow-store.ts';
import { alertOf, feedbackOf } from './sample.ts';
import type { AlertTables } from './tables.ts';

const folder = mkdtempSync(join(tmpdir(), 'logster-alerts-'));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

let made = 0;
const newFile = (): string => {
  made += 1;
  return join(folder, String(made), 'alerts.db');
};

describe('embedded alerts', () => {
  alertsContract(async () => {
    const file = newFile();
    return () => embeddedAlerts({ file });
  });

  test('the file itself refuses to change or remove what the audit says', async () => {
    const file = newFile();
    await (await embeddedAlerts({ file })).close();
    const db = openSqlite({ file });
    db.exec(
      "insert into audit (at, alert_id, tenant_id, changed_by, change, after) values (1, 'a', 't', 'k', 'c', '{}')",
    );
    expect(() => db.run('update audit set changed_by = ?', ['somebody else'])).toThrow('append-only');
    expect(() => db.run('delete from audit')).toThrow('append-only');
    expect(db.all('select changed_by from audit')).toEqual([{ changed_by: 'k' }]);
    db.close();
  });

  test('the file itself refuses to change or remove a verdict', async () => {
    const file = newFile();
    const store = await embeddedAlerts({ file });
    const feedback = feedbackOf(alertOf('a', { inference_ids: ['i1'] }), {});
    await store.transaction((transaction) => transaction.addFeedback(feedback));
    const db = openSqlite({ file });
    for (const table of ['feedback', 'feedback_inferences']) {
      expect(() => db.run(`update ${table} set feedback_id = ?`, ['another'])).toThrow('append-only');
      expect(() => db.run(`delete from ${table}`)).toThrow('append-only');
    }
    db.close();
    expect(await store.feedback(0, 9)).toEqual([feedback]);
    await store.close();
  });

  test('a file of the first form is brought forward with its verdicts', async () => {
    const file = newFile();
    const alerts = ['a', 'b'].map((name) =>
      alertOf(name, { platform: 'linux', endpoint_id: name, inference_ids: [`${name}1`, `${name}2`] }),
    );
    const verdicts = Array.from({ length: 1203 }, (_, n) => narrowVerdict(alerts[n % 2]!, n));
    const old = new Kysely<AlertTables>({ dialect: new SqliteDialect({ database: openSqlite({ file }) }) });
    await writeNarrowStore(old, SQLITE_DIALECT, { alerts, verdicts });
    await old.destroy();
    for (let opened = 0; opened < 2; opened += 1) {
      const store = await embeddedAlerts({ file });
      const wider = verdicts.map((one, n) => ({
        ...{ ...one, endpoint_id: n % 2 ? 'b' : 'a', platform: 'linux' },
        ...{ reason: 'other', scope: 'window', process: null },
      }));
      const kept = await store.feedback(0, 2000);
      expect(kept).toEqual(wider.toReversed()); // oldest first
      const onB = await store.transaction((transaction) => transaction.feedbackOn('b2'));
      expect(onB).toEqual(wider.filter((one) => one.endpoint_id === 'b').toReversed());
      expect(await store.count()).toBe(2);
      await store.close();
    }
  });

  test('a verdict of the first form whose alert is gone stops the step, and nothing is lost', async () => {
    const file = newFile();
    const verdicts = [narrowVerdict(alertOf('gone', {}), 1)];
    const old = new Kysely<AlertTables>({ dialect: new SqliteDialect({ database: openSqlite({ file }) }) });
    await writeNarrowStore(old, SQLITE_DIALECT, { alerts: [], verdicts });
    await old.destroy();
    await expect(embeddedAlerts({ file })).rejects.toThrow(
      /002-wider-feedback.*verdict f1.*restore that alert/,
    );
    const db = openSqlite({ file });
    expect(db.all('select feedback_id from feedback')).toEqual([{ feedback_id: 'f1' }]);
    db.close();
  });

  test('killed at 20 random moments, it keeps what it confirmed, and alerts, audit and outbox agree', async () => {
    const file = newFile();
    let first = 0;
    for (let round = 0; round < 20; round += 1) {
      const args = [file, String(first)];
      const confirmed = await lastBeforeKill('alerts/write-until-killed.js', args, Math.random() * 40);
      const store = await embeddedAlerts({ file });
      const { alerts, total } = await store.list({}, { limit: 100, offset: 0 });
      const messages = (await store.outbox(1_000_000)).map((entry) => entry.message);
      const taken = new Set(alerts.flatMap((alert) => alert.inference_ids));
      expect(total).toBe(await store.count());
      expect(taken.size).toBe(messages.length); // each change was in one transaction with its message
      for (let change = 0; change <= confirmed; change += 1) expect(taken).toContain(`i${change}`);
      for (const alert of alerts) {
        const published = messages.filter((message) => message.alert.alert_id === alert.alert_id);
        expect(published.at(-1)?.alert).toEqual(alert);
        expect(await store.audit(alert.alert_id)).toHaveLength(published.length);
        expect(alert.count).toBe(published.length);
      }
      first = taken.size;
      const next = await store.transaction((transaction) => transaction.takeIn(`i${first - 1}`, 0));
      expect(next).toBe(false);
      await store.close();
    }
  });
});
