import { createHash } from 'node:crypto';
import type { Platform } from '../contracts/event.ts';
import { NODE_TYPES, type NodeType, RELATIONS } from '../contracts/graph.ts';
import type { Feature } from './feature-table.ts';
import { FILE_OPS, FILE_TABLE } from './features-file.ts';
import { NETWORK_OPS, NETWORK_TABLE } from './features-network.ts';
import { PROCESS_TABLE } from './features-process.ts';
import { REGISTRY_OPS, REGISTRY_TABLE } from './features-registry.ts';
import { SCRIPT_OPS, SCRIPT_TABLE } from './features-script.ts';
import { SYSCALL_OPS, SYSCALL_TABLE } from './features-syscall.ts';
import { LOCATION_REASONS, LOCATIONS } from './location.ts';

/** Node types whose features are the same on both platforms. */
const COMMON = {
  file: FILE_TABLE,
  script: SCRIPT_TABLE,
  network: NETWORK_TABLE,
  registry: REGISTRY_TABLE,
  syscall: SYSCALL_TABLE,
} as const;

/** Every feature by platform and node type, in the order of its places: name, unit, reason and width. */
export const FEATURE_TABLE: Readonly<Record<Platform, Readonly<Record<NodeType, readonly Feature[]>>>> = {
  windows: { process: PROCESS_TABLE.windows, ...COMMON },
  linux: { process: PROCESS_TABLE.linux, ...COMMON },
};

/** What the features of a platform's node types are called, in the order of their places, and how many each takes. */
export function featureNames(
  platform: Platform,
): Record<NodeType, readonly { readonly name: string; readonly width: number }[]> {
  const named = Object.entries(FEATURE_TABLE[platform]).map(([type, table]) => [
    type,
    table.map(({ name, width = 1 }) => ({ name, width })),
  ]);
  return Object.fromEntries(named);
}

// Raise it with every change of what a place means that the table's words do not show.
const FEATURE_VERSION = 1;

/** Hash of a platform's feature table: batches and models must agree on it. */
export function featureSchema(platform: Platform): string {
  schemas[platform] ??= schemaOf(platform);
  return schemas[platform];
}

const schemas: Partial<Record<Platform, string>> = {};

function schemaOf(platform: Platform): string {
  const tables = NODE_TYPES[platform].map((type) => [type, FEATURE_TABLE[platform][type]]);
  const text = JSON.stringify([FEATURE_VERSION, platform, tables, RELATIONS[platform]]);
  return createHash('sha256').update(text).digest('hex').slice(0, 16);
}

/** The feature table as Markdown, for people. */
export function featureTableMarkdown(): string {
  const lines = ['# Features', '', 'Generated from the table in code. Places not named stay 0.', ''];
  const { windows, linux } = PROCESS_TABLE;
  const sections: Readonly<Record<string, readonly Feature[]>> = {
    'process on Windows': windows,
    'process on Linux': linux,
    ...COMMON,
  };
  for (const [type, table] of Object.entries(sections)) {
    lines.push(`## ${type}`, '', '| places | name | unit | reason |', '|---|---|---|---|');
    let place = 0;
    for (const { name, unit, reason, width = 1 } of table) {
      const places = width === 1 ? `${place}` : `${place}–${place + width - 1}`;
      lines.push(`| ${places} | ${name} | ${withoutBars(unit)} | ${withoutBars(reason)} |`);
      place += width;
    }
    lines.push('');
  }
  lines.push('## Classes', '', '| location | meaning |', '|---|---|');
  lines.push(...LOCATIONS.map((name, i) => `| ${name} | ${LOCATION_REASONS[i]} |`));
  lines.push('', '| operations of | in order |', '|---|---|');
  const operations = {
    file: FILE_OPS,
    script: SCRIPT_OPS,
    network: NETWORK_OPS,
    registry: REGISTRY_OPS,
    syscall: SYSCALL_OPS,
  };
  for (const [type, names] of Object.entries(operations)) lines.push(`| ${type} | ${names.join(', ')} |`);
  return `${lines.join('\n')}\n`;
}

function withoutBars(text: string): string {
  return text.replaceAll('|', '\\|');
}
