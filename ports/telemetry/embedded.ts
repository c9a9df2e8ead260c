import { pino } from 'pino';
import { Counter, Gauge, Histogram, Registry } from 'prom-client';
import type { Fields, Labels, Log, Metrics, Telemetry } from './telemetry.ts';

/** Bounds that fit milliseconds and seconds alike: half a unit to ten thousand. */
const BUCKETS = [0.5, 1, 2, 5, 10, 20, 50, 100, 200, 500, 1000, 2000, 5000, 10_000];

export interface Exposition {
  readonly metrics: Metrics;
  /** Prometheus text of everything counted so far. */
  text(): Promise<string>;
}

/** Prometheus metrics, each named `logster_<name>`; the first use of a name fixes its label names. */
export function prometheusMetrics(): Exposition {
  const registry = new Registry();
  const made = new Map<string, Counter | Gauge | Histogram>();
  const obtain = <T extends Counter | Gauge | Histogram>(name: string, make: () => T): T => {
    const known = made.get(name) as T | undefined;
    if (known) return known;
    const fresh = make();
    made.set(name, fresh);
    return fresh;
  };
  const describe = (name: string, labels: Labels) => ({
    name: `logster_${name}`,
    help: name.replaceAll('_', ' '),
    labelNames: Object.keys(labels),
    registers: [registry],
  });
  return {
    metrics: {
      count: (name, labels = {}, by = 1) =>
        obtain(name, () => new Counter(describe(name, labels))).inc(labels, by),
      gauge: (name, value, labels = {}) =>
        obtain(name, () => new Gauge(describe(name, labels))).set(labels, value),
      observe: (name, value, labels = {}) =>
        obtain(name, () => new Histogram({ ...describe(name, labels), buckets: BUCKETS })).observe(
          labels,
          value,
        ),
    },
    text: () => registry.metrics(),
  };
}

/** Structured log lines as JSON; fields named like a secret are masked. */
export function jsonLog(level: 'debug' | 'info' | 'warn' | 'error', name: string): Log {
  const logger = pino({
    name,
    level,
    redact: ['password', 'token', 'secret', 'authorization', 'apiKey', 'key'],
  });
  return {
    debug: (sentence, fields: Fields = {}) => logger.debug(fields, sentence),
    info: (sentence, fields: Fields = {}) => logger.info(fields, sentence),
    warn: (sentence, fields: Fields = {}) => logger.warn(fields, sentence),
    error: (sentence, fields: Fields = {}) => logger.error(fields, sentence),
  };
}

/** Log lines for a person at a terminal: time, level, sentence, fields. */
export function plainLog(level: keyof Log, write: (line: string) => void): Log {
  const levels: readonly (keyof Log)[] = ['debug', 'info', 'warn', 'error'];
  const line =
    (own: keyof Log) =>
    (sentence: string, fields: Fields = {}): void => {
      if (levels.indexOf(own) < levels.indexOf(level)) return;
      const details = Object.entries(fields).map(([name, value]) => ` ${name}=${asText(value)}`);
      write(`${new Date().toTimeString().slice(0, 8)} ${own.padEnd(5)} ${sentence}${details.join('')}\n`);
    };
  return { debug: line('debug'), info: line('info'), warn: line('warn'), error: line('error') };
}

/** Control characters could redraw the terminal: what an attacker wrote may stand in a field. */
function asText(value: unknown): string {
  const text = typeof value === 'string' ? value : (JSON.stringify(value) ?? String(value));
  return text.replace(/\p{Cc}/gu, '?');
}

export interface RecordedTelemetry extends Telemetry {
  readonly lines: readonly {
    readonly level: keyof Log;
    readonly sentence: string;
    readonly fields: Fields;
  }[];
  /** Sum of a counter over all labels that contain the given ones. */
  counted(name: string, labels?: Labels): number;
}

/** Keeps everything in memory instead of writing it, for tests and for tools that print their own output. */
export function recordedTelemetry(): RecordedTelemetry {
  const lines: { level: keyof Log; sentence: string; fields: Fields }[] = [];
  const counts: { name: string; labels: Labels; by: number }[] = [];
  const line =
    (level: keyof Log) =>
    (sentence: string, fields: Fields = {}) => {
      lines.push({ level, sentence, fields });
    };
  const same = (name: string, labels: Labels) =>
    counts.find((entry) => entry.name === name && JSON.stringify(entry.labels) === JSON.stringify(labels));
  return {
    lines,
    log: { debug: line('debug'), info: line('info'), warn: line('warn'), error: line('error') },
    metrics: {
      count(name, labels = {}, by = 1) {
        const known = same(name, labels);
        if (known) known.by += by;
        else counts.push({ name, labels, by });
      },
      gauge: () => undefined,
      observe: () => undefined,
    },
    counted: (name, labels = {}) =>
      counts
        .filter((entry) => entry.name === name)
        .filter((entry) => Object.entries(labels).every(([label, value]) => entry.labels[label] === value))
        .reduce((sum, entry) => sum + entry.by, 0),
  };
}
