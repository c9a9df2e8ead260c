import { LogsterError } from '../contracts/errors.ts';
import { endpointKey, type NormalizedEvent } from '../contracts/event.ts';
import { GROUPS, HEADERS, type RawTopic } from '../contracts/topics.ts';
import { auditMessages } from '../ingest/auditd.ts';
import { readRecords } from '../ingest/read.ts';
import { topicOf } from '../ingest/sniff.ts';
import type { Bus, Message } from '../ports/bus/bus.ts';

/** One recorded stream of raw lines, oldest first. */
export interface Recording {
  readonly name: string;
  readonly lines: AsyncIterable<Buffer> | Iterable<Buffer>;
  /** The endpoint of lines that do not name theirs, as auditd's. */
  readonly host?: string;
  /** With `now`: seconds after the begin of the replay at which this recording begins. */
  readonly delaySeconds?: number;
}

export interface ReplayOptions {
  readonly bus: Bus;
  readonly recordings: readonly Recording[];
  /** Seconds of the recording per second of the wall clock; Infinity as fast as it can be taken in. */
  readonly speed: number;
  /** Moves every recording's first event to now. */
  readonly now: boolean;
  /** Says at the end of a recording that its endpoints will send no more, so that the last windows close at once. */
  readonly closeWindows: boolean;
  readonly signal?: AbortSignal;
  readonly onProgress?: (progress: ReplayProgress) => void;
}

export interface ReplayProgress {
  readonly name: string;
  readonly published: number;
  readonly unknown: number; // lines of no known shape; they are published to the topic of the line before
}

interface RawLine {
  readonly topic: RawTopic;
  readonly value: Buffer;
  readonly event: NormalizedEvent | undefined;
}

const BATCH = 500;
/**
 * A recording that fills several topics is published in slices of so many seconds of event time, each only after the one
 * before was taken in: consumers read topics side by side, and events further apart than the lateness would be late.
 */
const SLICE_SECONDS = 4;
/** Past every window that could still hold an event, and no further: the default window and lateness. */
const CLOSING_SECONDS = 180 + 10;

/** Publishes recorded raw lines to their topics, in order, at the pace they were recorded or another. */
export async function replay(options: ReplayOptions): Promise<readonly ReplayProgress[]> {
  const begun = Date.now() / 1000;
  return Promise.all(options.recordings.map((recording) => replayOne(recording, begun, options)));
}

async function replayOne(
  recording: Recording,
  begun: number,
  options: ReplayOptions,
): Promise<ReplayProgress> {
  const { bus, speed, onProgress, signal } = options;
  const ends = new Map<string, { event: NormalizedEvent; topic: RawTopic; at: number }>();
  const topics = new Set<RawTopic>();
  let waiting: { topic: RawTopic; message: Message }[] = [];
  let progress: ReplayProgress = { name: recording.name, published: 0, unknown: 0 };
  let first: number | undefined;
  let shift = 0;
  let sliceEnd = Number.NEGATIVE_INFINITY;
  let current = 0;

  const flush = async (): Promise<void> => {
    for (const topic of new Set(waiting.map((entry) => entry.topic))) {
      await bus.publish(
        topic,
        waiting.filter((entry) => entry.topic === topic).map((entry) => entry.message),
      );
    }
    progress = { ...progress, published: progress.published + waiting.length };
    waiting = [];
    onProgress?.(progress);
  };

  for await (const line of rawLines(recording)) {
    if (signal?.aborted) break;
    const at = line.event?.timestamp ?? current;
    current = Math.max(current, at);
    if (first === undefined && line.event) {
      first = at;
      shift = options.now ? begun + (recording.delaySeconds ?? 0) - at : 0;
    }
    topics.add(line.topic);
    if (Number.isFinite(speed) && first !== undefined) {
      const due = begun + ((recording.delaySeconds ?? 0) + at - first) / speed;
      if (due > Date.now() / 1000 + 0.02) {
        await flush();
        await pause(due - Date.now() / 1000, signal);
      }
    } else if (at > sliceEnd) {
      await flush();
      if (topics.size > 1) await takenIn(bus, topics, signal);
      sliceEnd = at + SLICE_SECONDS;
    }
    const key = line.event ? endpointKey(line.event.tenant_id, line.event.endpoint_id) : recording.name;
    const headers = {
      ...(recording.host !== undefined && { [HEADERS.endpoint]: recording.host }),
      ...(shift !== 0 && { [HEADERS.timeShift]: String(shift) }),
    };
    if (line.event)
      ends.set(key, { event: line.event, topic: line.topic, at: Math.max(ends.get(key)?.at ?? at, at) });
    else progress = { ...progress, unknown: progress.unknown + 1 };
    waiting.push({ topic: line.topic, message: { key, value: line.value, headers } });
    if (waiting.length >= BATCH) await flush();
  }
  await flush();
  if (progress.published === 0)
    throw new LogsterError('input-invalid', `${recording.name} holds no line of a known sensor`);
  if (options.closeWindows) {
    if (topics.size > 1) await takenIn(bus, topics, signal);
    for (const [key, { event, topic, at }] of ends)
      await bus.publish(topic, [closing(key, event, at + shift)]);
  }
  return progress;
}

/** "This endpoint's stream has reached that time": an empty message with headers. */
function closing(key: string, { endpoint_id, platform }: NormalizedEvent, lastAt: number): Message {
  return {
    key,
    value: Buffer.alloc(0),
    headers: {
      [HEADERS.watermark]: String(lastAt + CLOSING_SECONDS),
      [HEADERS.endpoint]: endpoint_id,
      [HEADERS.platform]: platform,
    },
  };
}

/** Lines with their topics and what they say of time and endpoint; auditd records of one event become one message. */
async function* rawLines(recording: Recording): AsyncGenerator<RawLine> {
  let topic: RawTopic | undefined;
  let offset = 0;
  const headers = recording.host === undefined ? {} : { [HEADERS.endpoint]: recording.host };
  for await (const value of auditMessages(recording.lines)) {
    topic = topicOf(value) ?? topic;
    if (!topic) continue; // no line before it told where it belongs
    const record = { topic, partition: 0, offset: offset++, key: '', value, headers };
    const [reading] = readRecords(topic, [record], 0);
    yield { topic, value, event: reading?.ok ? reading.events[0] : undefined };
  }
}

/** Waits until the stage that reads raw topics has no backlog in these. */
async function takenIn(bus: Bus, topics: ReadonlySet<RawTopic>, signal?: AbortSignal): Promise<void> {
  for (;;) {
    const lags = await Promise.all([...topics].map((topic) => bus.lag(GROUPS.ingest, topic)));
    if (signal?.aborted || lags.flat().every((behind) => behind === 0)) return;
    await pause(0.01, signal);
  }
}

function pause(seconds: number, signal?: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    const timer = setTimeout(end, Math.max(0, seconds * 1000));
    function end(): void {
      clearTimeout(timer);
      signal?.removeEventListener('abort', end);
      resolve();
    }
    signal?.addEventListener('abort', end);
  });
}
