import { existsSync, readFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { parse } from 'yaml';
import { z } from 'zod';
import { LogsterError, reasonOf } from '../contracts/errors.ts';
import { ATTACK_PROBABILITY } from '../contracts/inference.ts';
import { DISTRIBUTED } from './distributed.ts';

const port = z.number().int().min(0).max(65_535);
const seconds = z.number().positive().max(86_400);

/** Every setting with its default. Names of the reference stand as they are (section 13). */
const schema = z.strictObject({
  data: z
    .strictObject({
      directory: z.string().default('.logster').describe('where the embedded stores keep their files'),
    })
    .prefault({}),
  inference: z
    .strictObject({
      window: z.number().positive().max(60).default(3).describe('window length in minutes'),
      interval: seconds.default(30).describe('seconds between two windows of an endpoint'),
      lateness: z.number().min(0).max(600).default(10).describe('seconds an event may come out of order'),
    })
    .prefault({}),
  model: z
    .strictObject({
      backend: z
        .enum(['auto', 'gpu', 'webgpu', 'native', 'wasm', 'cpu'])
        .default('auto')
        .describe('engine that scores: auto, gpu, webgpu, native, wasm or cpu'),
      scorers: z
        .number()
        .int()
        .min(0)
        .max(256)
        .default(0)
        .describe('scorer processes; 0: one per GPU where GPUs score, else one per core but one'),
    })
    .prefault({}),
  models: z
    .strictObject({
      second_approval: z
        .boolean()
        .default(false)
        .describe('a promotion needs the approval of a second person'),
    })
    .prefault({}),
  queue: z
    .strictObject({
      max_jobs: z.number().int().positive().default(1000).describe('batches that may wait'),
      max_bytes: z
        .number()
        .int()
        .positive()
        .default(512 * 1024 * 1024)
        .describe('bytes of batches that may wait'),
    })
    .prefault({}),
  alerts: z
    .strictObject({
      min_threshold: z.number().min(0).max(1).default(0.7).describe('windows below it raise no alert'),
      dedup_window_seconds: seconds.default(300).describe('hits so close merge into one alert'),
      correlation_window_seconds: seconds
        .default(60)
        .describe('alerts of other endpoints so close are linked'),
    })
    .prefault({}),
  feedback: z
    .strictObject({
      keep_from: z
        .number()
        .min(0)
        .max(1)
        .default(ATTACK_PROBABILITY)
        .describe('graphs of windows from this probability on are kept for verdicts'),
      sample_share: z
        .number()
        .min(0)
        .max(1)
        .default(0.01)
        .describe('share of all other windows whose graphs are kept'),
    })
    .prefault({}),
  api: z
    .strictObject({
      host: z.string().default('127.0.0.1').describe('address the API listens on'),
      port: port.default(8080).describe('port of the API; 0 takes a free one'),
      cors_origins: z.array(z.string()).default([]).describe('origins of pages that may call the API'),
    })
    .prefault({}),
  dashboard: z
    .strictObject({
      host: z.string().default('127.0.0.1').describe('address the dashboard listens on'),
      port: port.default(5001).describe('port of the dashboard; 0 takes a free one'),
    })
    .prefault({}),
  auth: z
    .strictObject({
      keys_file: z.string().optional().describe('JSON file of hashed API keys; `logster keys add` writes it'),
      oidc_issuer: z.url().optional().describe('issuer of accepted OpenID Connect tokens'),
      oidc_audience: z.string().optional().describe('audience these tokens must name'),
    })
    .prefault({}),
  ops: z
    .strictObject({
      host: z.string().default('127.0.0.1').describe('address of /metrics, /healthz and /readyz'),
      port: port.default(9464).describe('port of /metrics, /healthz and /readyz; 0 takes a free one'),
    })
    .prefault({}),
  ...DISTRIBUTED,
  retention: z
    .strictObject({
      events_days: z.number().positive().default(30).describe('days logster-events keeps a document'),
      inferences_days: z.number().positive().default(90).describe('days logster-inferences keeps a document'),
      alerts_days: z.number().positive().default(365).describe('days logster-alerts keeps a document'),
      graphs_days: z.number().positive().default(90).describe('days a kept graph stays'),
      log_bytes: z
        .number()
        .int()
        .positive()
        .default(4 * 1024 ** 3)
        .describe('bytes one topic may keep'),
    })
    .prefault({}),
  log: z
    .strictObject({
      level: z.enum(['debug', 'info', 'warn', 'error']).default('info').describe('least level written'),
    })
    .prefault({}),
});

export type Config = z.infer<typeof schema>;
/** What names a setting: `alerts.min_threshold`. */
export type Environment = Readonly<Record<string, string | undefined>>;

const PREFIX = 'LOGSTER_';
/** Short names kept beside `LOGSTER_<SECTION>__<KEY>`, and variables that are no settings. */
const SHORT: Record<string, string> = { LOGSTER_BACKEND: 'model.backend', LOGSTER_DATA: 'data.directory' };
const NOT_SETTINGS = new Set(['LOGSTER_CONFIG']);

/**
 * Defaults, then the YAML file, then `LOGSTER_*` variables (dots become `__`). An unknown key or a value out of
 * range throws config-invalid that names it.
 */
export function readConfig(environment: Environment, root: string): Config {
  const file = environment.LOGSTER_CONFIG ?? join(root, 'deploy', 'service-config.yaml');
  if (environment.LOGSTER_CONFIG && !existsSync(file)) {
    throw new LogsterError('config-invalid', `LOGSTER_CONFIG names ${file}, which is not there`);
  }
  const settings = existsSync(file) ? readYaml(file) : {};
  for (const [name, text] of Object.entries(environment)) {
    if (!name.startsWith(PREFIX) || NOT_SETTINGS.has(name) || text === undefined) continue;
    const path = SHORT[name] ?? name.slice(PREFIX.length).toLowerCase().replaceAll('__', '.');
    setAt(settings, path.split('.'), text, name);
  }
  const checked = schema.safeParse(settings);
  if (!checked.success) {
    const problems = checked.error.issues.map(
      (issue) => `${issue.path.join('.') || 'the file'}: ${issue.message}`,
    );
    throw new LogsterError(
      'config-invalid',
      `The configuration cannot be used. ${problems.join('. ')}. \`logster config\` lists every setting`,
    );
  }
  const directory = resolve(root, checked.data.data.directory);
  return { ...checked.data, data: { directory } };
}

/** Every setting as `section.key`, with its default and what it is for. */
export function describeSettings(): {
  readonly name: string;
  readonly standard: string;
  readonly purpose: string;
}[] {
  const sections = z.toJSONSchema(schema, { io: 'input' }).properties ?? {};
  return Object.entries(sections).flatMap(([section, value]) => {
    const keys =
      (value as { properties?: Record<string, { default?: unknown; description?: string }> }).properties ??
      {};
    return Object.entries(keys).map(([key, described]) => ({
      name: `${section}.${key}`,
      standard: described.default === undefined ? '' : JSON.stringify(described.default),
      purpose: described.description ?? '',
    }));
  });
}

function readYaml(file: string): Record<string, unknown> {
  try {
    const parsed: unknown = parse(readFileSync(file, 'utf8')) ?? {};
    if (typeof parsed === 'object' && parsed !== null && !Array.isArray(parsed))
      return parsed as Record<string, unknown>;
    throw new LogsterError('config-invalid', 'it holds no keys');
  } catch (cause) {
    throw new LogsterError('config-invalid', `${file} cannot be read as YAML: ${reasonOf(cause)}`, { cause });
  }
}

/** Text from the environment becomes what YAML would make of it, so that numbers and lists work. */
function setAt(settings: Record<string, unknown>, path: readonly string[], text: string, name: string): void {
  const [section = '', key] = path;
  if (!key || path.length !== 2) {
    throw new LogsterError(
      'config-invalid',
      `${name} names no setting; write LOGSTER_<SECTION>__<KEY>, as in LOGSTER_ALERTS__MIN_THRESHOLD`,
    );
  }
  const keys = (settings[section] ?? {}) as Record<string, unknown>;
  settings[section] = keys;
  keys[key] = section === 'log' || key === 'directory' || key.endsWith('host') ? text : parse(text);
}
