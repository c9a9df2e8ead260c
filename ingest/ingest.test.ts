import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { deadLetterSchema } from '../contracts/dead-letter.ts';
import { normalizedEventSchema } from '../contracts/event.ts';
import type { Stage } from '../contracts/stage.ts';
import { DEAD_LETTER_TOPIC, EVENTS_TOPIC, GROUPS, RAW_TOPICS, type Topic } from '../contracts/topics.ts';
import type { Bus, Message, Received } from '../ports/bus/bus.ts';
import { embeddedBus } from '../ports/bus/embedded.ts';
import { fakeClock, systemClock } from '../ports/telemetry/clock.ts';
import { recordedTelemetry } from '../ports/telemetry/embedded.ts';
import { ingest } from './ingest.ts';
import { winlogbeat } from './windows-fixtures.ts';

const created = (record_id: number) => winlogbeat(1, { ProcessId: '12', Image: 'C:\\a.exe' }, { record_id });
const message = (value: unknown, headers: Readonly<Record<string, string>> = {}): Message => ({
  key: 'default:ws-042',
  value: Buffer.from(typeof value === 'string' ? value : JSON.stringify(value)),
  headers,
});
const AUDIT = 'msg=audit(1700000000.120:5511):';
const SYSCALL = `type=SYSCALL ${AUDIT} arch=c000003e syscall=59 success=yes exit=0 a0=1 a1=2 a2=3 a3=4 items=2 ppid=801 pid=840 auid=1000 uid=33 gid=33 euid=33 comm="sh" exe="/usr/bin/dash" key="exec"`;
const EXECVE = `type=EXECVE ${AUDIT} argc=3 a0="sh" a1="-c" a2=6964`;
const CONNECT = {
  hostname: 'web-7',
  timestamp: 1700000000.3,
  event_type: 'connect',
  pid: 840,
  ppid: 801,
  uid: 33,
  comm: 'sh',
  exe: '/usr/bin/dash',
  protocol: 'tcp',
  daddr: '203.0.113.9',
  dport: 4444,
};

let directory = '';
let bus: Bus;
beforeEach(() => {
  directory = mkdtempSync(join(tmpdir(), 'logster-ingest-'));
  bus = embeddedBus({ directory });
});
afterEach(async () => {
  await bus.close();
  rmSync(directory, { recursive: true, force: true });
});

async function everything(topic: Topic): Promise<readonly Received[]> {
  const places = await bus.offsets(topic);
  return (
    await Promise.all(places.map(({ next }, partition) => bus.read(topic, partition, 0, Math.max(next, 1))))
  ).flat();
}

/** Waits until the stage has committed all there is. */
async function drained(stage: Stage): Promise<void> {
  const deadline = Date.now() + 10_000;
  for (;;) {
    const lags = await Promise.all(RAW_TOPICS.map((topic) => bus.lag(GROUPS.ingest, topic)));
    if (lags.flat().every((behind) => behind === 0)) return;
    if (Date.now() > deadline) throw new Error(`still behind: ${JSON.stringify(await stage.health())}`);
    await new Promise((resolve) => setTimeout(resolve, 5));
  }
}

const needs = () => ({ bus, telemetry: recordedTelemetry(), clock: fakeClock() });

test('ingest() accounts for every record: events, joined, dropped, dead', async () => {
  await bus.publish('sysmon-logs', [
    message(created(1)),
    message([created(2), created(3), { a: 1 }]),
    message(winlogbeat(16, {})),
    message(winlogbeat(77, {})),
    message('no event', { origin: 'here' }),
  ]);
  await bus.publish('linux-auditd-logs', [message(SYSCALL), message(EXECVE), message('nonsense')]);
  await bus.publish('linux-ebpf-network-logs', [message(CONNECT), message('{')]);
  const { telemetry, clock } = needs();
  const stage = await ingest({ bus, telemetry, clock });
  await drained(stage);
  await stage.close();
  await stage.failed;

  const events = (await everything(EVENTS_TOPIC)).map(({ key, value }) => {
    const event = normalizedEventSchema.parse(JSON.parse(String(value)));
    expect(key).toBe(`${event.tenant_id}:${event.endpoint_id}`);
    expect(event.ingested_at).toBe(clock.now());
    return event;
  });
  const letters = (await everything(DEAD_LETTER_TOPIC)).map(({ value }) =>
    deadLetterSchema.parse(JSON.parse(String(value))),
  );
  expect(events.map(({ event_type }) => event_type).sort()).toEqual([
    'network_connect',
    ...Array(4).fill('process_create'),
  ]);
  expect(letters.find(({ reason }) => reason === 'not-a-json-object')).toMatchObject({
    stage: 'ingest',
    source_topic: 'sysmon-logs',
    offset: '4',
    key: 'default:ws-042',
    headers: { origin: 'here' },
    payload: Buffer.from('no event').toString('base64'),
    payload_bytes: 8,
  });

  const { counted } = telemetry;
  expect(counted('raw_events_total', { topic: 'sysmon-logs' })).toBe(7);
  expect(counted('normalized_events_total', { source: 'sysmon', event_type: 'process_create' })).toBe(3);
  expect(counted('dropped_events_total', { source: 'sysmon', reason: 'sysmon-configuration' })).toBe(1);
  expect(counted('parse_errors_total', { source: 'sysmon', reason: 'unknown-event-id' })).toBe(1);
  expect(counted('joined_records_total', { source: 'auditd' })).toBe(1);
  expect(counted('normalized_events_total')).toBe(events.length);
  expect(counted('dead_letter_total', { stage: 'ingest' })).toBe(letters.length);
  expect(counted('raw_events_total')).toBe(
    counted('normalized_events_total') +
      counted('joined_records_total') +
      counted('dropped_events_total') +
      counted('dead_letter_total'),
  );
});

test('ingest() goes on where it stopped, and a repeated record keeps its event id', async () => {
  await bus.publish('sysmon-logs', [message(created(1))]);
  const first = await ingest(needs());
  await drained(first);
  await first.close();
  await bus.publish('sysmon-logs', [message(created(1)), message(created(2))]);
  const second = await ingest(needs());
  await drained(second);
  await second.close();
  const ids = (await everything(EVENTS_TOPIC)).map(({ value }) => JSON.parse(String(value)).event_id);
  expect(ids).toHaveLength(3);
  expect(new Set(ids).size).toBe(2);
});

test('ingest() commits nothing that the bus did not confirm, and says what stopped it', async () => {
  await bus.publish('sysmon-logs', [message(created(1))]);
  const full: Bus = { ...bus, publish: () => Promise.reject(new Error('disk full')) };
  const broken = await ingest({ ...needs(), bus: full });
  await expect(broken.failed).rejects.toThrow('disk full');
  expect((await broken.health()).ready).toBe(false);
  expect((await bus.lag(GROUPS.ingest, 'sysmon-logs')).reduce((sum, behind) => sum + behind)).toBe(1);
  await broken.close();
  const stage = await ingest(needs());
  await drained(stage);
  await stage.close();
  expect(await everything(EVENTS_TOPIC)).toHaveLength(1);
});

test('ingest() shifts time and forwards watermarks behind the events before them', async () => {
  const mark = {
    'logster-watermark': '1700000999',
    'logster-endpoint': 'WS-042.Corp.Test',
    'logster-platform': 'windows',
  };
  await bus.publish('sysmon-logs', [
    message(created(1), { 'logster-time-shift': '100' }),
    message('', mark),
    message(created(2)),
    message('', { 'logster-watermark': '5', 'logster-endpoint': '' }),
  ]);
  const { telemetry, clock } = needs();
  const stage = await ingest({ bus, telemetry, clock });
  await drained(stage);
  await stage.close();
  const [shifted, watermark, plain, ...others] = await everything(EVENTS_TOPIC);
  const at = Date.parse('2024-10-20T16:58:51.036Z') / 1000;
  expect(JSON.parse(String(shifted?.value)).timestamp).toBeCloseTo(at + 100, 3);
  expect(JSON.parse(String(plain?.value)).timestamp).toBeCloseTo(at, 3);
  expect(watermark).toMatchObject({
    key: 'default:ws-042.corp.test',
    headers: { ...mark, 'logster-endpoint': 'ws-042.corp.test' },
  });
  expect(watermark?.value).toHaveLength(0);
  expect(others).toHaveLength(0);
  expect(telemetry.counted('dropped_events_total', { reason: 'watermark-without-endpoint' })).toBe(1);
  expect(telemetry.counted('raw_events_total')).toBe(2);
});

test('topics of one endpoint that have a backlog are read in step from the first batch on', async () => {
  await bus.close();
  const time = fakeClock();
  bus = embeddedBus({ directory, clock: time });
  for (let second = 0; second < 40; second += 1) {
    const at = { ...CONNECT, timestamp: CONNECT.timestamp + second };
    await bus.publish('linux-ebpf-process-logs', [message({ ...at, event_type: 'exec', argv: ['sh'] })]);
    await bus.publish('linux-ebpf-network-logs', [message(at)]);
    time.advance(1000);
  }
  // a broker answers for one topic sooner than for another
  const slow = async (topic: Topic) =>
    new Promise((resolve) => setTimeout(resolve, topic === 'linux-ebpf-network-logs' ? 150 : 0));
  const lag: Bus['lag'] = async (group, topic) => slow(topic).then(() => bus.lag(group, topic));
  const stage = await ingest({ ...needs(), bus: { ...bus, lag }, clock: systemClock });
  await drained(stage);
  await stage.close();
  const times = (await everything(EVENTS_TOPIC)).map(
    ({ value }) => normalizedEventSchema.parse(JSON.parse(String(value))).timestamp,
  );
  expect(times).toHaveLength(80);
  let newest = 0;
  let furthestBack = 0;
  for (const at of times) {
    newest = Math.max(newest, at);
    furthestBack = Math.max(furthestBack, newest - at);
  }
  expect(furthestBack).toBeLessThanOrEqual(2);
});
