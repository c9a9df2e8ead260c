import { readAuditdBatch } from './auditd.ts';

const STAMP = 'audit(1772442904.120:5511)';
const RECORD = { topic: 'linux-auditd-logs', partition: 0, offset: 0, key: '', headers: {} } as const;

describe('a message without an event', () => {
  test.each([
    ['', 'dead', 'empty'],
    ['hello', 'dead', 'not-an-audit-record'],
    ['{"a":', 'dead', 'not-a-json-object'],
    ['{"a":1}', 'dead', 'not-an-audit-record'],
    ['{"ID":"0.0:1","SYSCALL":{}}', 'dead', 'no-event-time'],
    ['{"message":null}', 'dead', 'not-an-audit-record'],
    ['type=SYSCALL msg=audit(0.000:1): pid=1', 'dead', 'no-event-time'],
    [`type=PROCTITLE msg=${STAMP}: proctitle=7368002D63006964`, 'dropped', 'audit-proctitle-alone'],
    [`type=EOE msg=${STAMP}: `, 'dropped', 'audit-end-of-event'],
    [`type=SERVICE_START msg=${STAMP}: pid=1 msg='unit=cron res=success'`, 'dropped', 'audit-service-state'],
    [`type=CONFIG_CHANGE msg=${STAMP}: op=set`, 'dropped', 'audit-configuration'],
    [`type=DAEMON_START msg=${STAMP}: op=start`, 'dropped', 'audit-daemon'],
    [`type=NEVER_HEARD_OF msg=${STAMP}: a=1`, 'dropped', 'unknown-event-id'],
    ['type=UNKNOWN[1329] msg=?', 'dropped', 'audit-record-without-stamp'],
    ['----', 'dropped', 'ausearch-separator'],
  ])('%j is %s: %s', (text, kind, reason) => {
    expect(readAuditdBatch([{ ...RECORD, value: Buffer.from(text) }], 0)).toEqual([
      { ok: false, kind, reason },
    ]);
  });
});
