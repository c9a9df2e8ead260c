import { join } from 'node:path';
import type { NormalizedEvent } from '../../contracts/event.ts';
import type { RawTopic } from '../../contracts/topics.ts';
import { captureLines } from '../../datasets/captures.ts';
import { type Capture, readManifest } from '../../datasets/manifest.ts';
import { type ClosedWindow, slidingWindows } from '../../featurize/window.ts';
import { auditMessages } from '../../ingest/auditd.ts';
import { encodeReading, readRecords } from '../../ingest/read.ts';
import type { RawRecord } from '../../ingest/record.ts';
import { topicOf } from '../../ingest/sniff.ts';
import type { Message } from '../../ports/bus/bus.ts';
import { syntheticFleet } from '../synthetic-fleet.ts';
import { type CheckpointCost, checkpointCost, meanOf } from './checkpoint-cost.ts';

/** Raw messages of one sensor with all that the product makes of them up to closed windows. */
export interface RecordedStream {
  readonly name: string;
  readonly raw: readonly Message[];
  readonly events: readonly Message[];
  /** Of the fleet full windows only; of a recording all up to a minute after its last event. */
  readonly windows: readonly ClosedWindow[];
  readonly checkpoints: CheckpointCost;
}

/** Any moment will do; this one is fixed so that the same windows come out every time. */
const BEGIN = 1_772_442_000;
const EVENTS_PER_SECOND = 3.5;
const FULL_WINDOW_SECONDS = 180;

/** The desktops of the pipeline benchmark, at its rate, until each has had `ticks` full windows. */
export async function desktopStream(endpoints: number, ticks: number): Promise<RecordedStream> {
  const seconds = FULL_WINDOW_SECONDS + 30 * (ticks + 1);
  const raw = syntheticFleet(endpoints, EVENTS_PER_SECOND).between(BEGIN, BEGIN + seconds);
  return streamOf('Sysmon', 'sysmon-logs', raw, BEGIN + FULL_WINDOW_SECONDS);
}

/** The recordings that ship, by sensor. */
export async function recordedStreams(root: string): Promise<readonly RecordedStream[]> {
  const { captures } = await readManifest(join(root, 'datasets', 'recordings', 'MANIFEST.json'));
  const streams: RecordedStream[] = [];
  for (const [name, source] of [
    ['auditd', 'auditd'],
    ['eBPF', 'ebpf'],
  ] as const) {
    const parts: RecordedStream[] = [];
    for (const capture of captures.filter((one) => one.source === source))
      parts.push(await streamOfCapture(capture));
    streams.push({
      name,
      raw: parts.flatMap(({ raw }) => raw),
      events: parts.flatMap(({ events }) => events),
      windows: parts.flatMap(({ windows }) => windows),
      checkpoints: meanOf(parts.map(({ checkpoints }) => checkpoints)),
    });
  }
  return streams;
}

async function streamOfCapture(capture: Capture): Promise<RecordedStream> {
  const byTopic = new Map<RawTopic, Message[]>();
  let topic: RawTopic | undefined;
  for await (const value of auditMessages(captureLines(capture.file))) {
    topic = topicOf(value) ?? topic;
    if (topic === undefined) continue;
    const own = byTopic.get(topic) ?? [];
    own.push({ key: `default:${capture.run}`, value, headers: { 'logster-endpoint': capture.run } });
    byTopic.set(topic, own);
  }
  const parts = [...byTopic].map(([from, raw]) => ({ raw, events: eventsOf(from, raw) }));
  const events = parts.flatMap((part) => part.events);
  return {
    name: capture.id,
    raw: parts.flatMap((part) => part.raw),
    events,
    ...(await windowsOf(events, 0)),
  };
}

async function streamOf(
  name: string,
  topic: RawTopic,
  raw: readonly Message[],
  fullFrom: number,
): Promise<RecordedStream> {
  const events = eventsOf(topic, raw);
  return { name, raw, events, ...(await windowsOf(events, fullFrom)) };
}

function eventsOf(topic: RawTopic, raw: readonly Message[]): readonly Message[] {
  const records = raw.map(
    ({ key, value, headers = {} }, offset): RawRecord => ({
      topic,
      partition: 0,
      offset,
      key,
      value,
      headers,
    }),
  );
  return readRecords(topic, records, BEGIN).flatMap(encodeReading);
}

async function windowsOf(
  messages: readonly Message[],
  fullFrom: number,
): Promise<Pick<RecordedStream, 'windows' | 'checkpoints'>> {
  const events = messages.map(({ value }) => JSON.parse(value.toString()) as NormalizedEvent);
  events.sort((a, b) => a.timestamp - b.timestamp);
  const windows = slidingWindows();
  const kept = checkpointCost(windows);
  const closed: ClosedWindow[] = [];
  for (const event of events) {
    windows.add(event, event.timestamp);
    if (kept.isDue(event.timestamp)) {
      closed.push(...windows.closed());
      await kept.write(event.timestamp);
    }
  }
  windows.finish();
  closed.push(...windows.closed());
  const last = events.at(-1)?.timestamp ?? 0;
  const whole = ({ window }: ClosedWindow) => window.end >= fullFrom && window.end <= last + 60;
  return { windows: closed.filter(whole), checkpoints: kept.cost() };
}
