import { randomInt } from 'node:crypto';
import type { Platform } from '../contracts/event.ts';
import { FEATURES, type NodeType } from '../contracts/graph.ts';
import type { BoundedCache } from './bounded-cache.ts';
import { boundedCache } from './bounded-cache.ts';
import { writeFile } from './features-file.ts';
import { writeName, writePeer } from './features-network.ts';
import type { ImagePart } from './features-process.ts';
import { readCommand, readImage } from './features-process.ts';
import { writeKey } from './features-registry.ts';
import { writeScript } from './features-script.ts';
import { writeSyscall } from './features-syscall.ts';

/** Whatever a process acts on that is no process. */
export type EntityType = Exclude<NodeType, 'process'>;

/** A thing acted on, with what its name alone says. The same recipe always makes an equal entity. */
export interface Entity {
  readonly type: EntityType;
  readonly recipe: string; // what it was made from; enough to make it again
  readonly key: string; // things with equal keys are one node; begins with the type
  readonly hash: number; // of the key, 32 bits
  readonly label: string;
  readonly features: Float32Array; // [FEATURES], the places that need the window still 0
}

// Enough for the distinct names of a few hundred endpoints; about 0.4 KB each without long scripts.
const REMEMBERED = 16_384;

const entities: Record<Platform, Record<EntityType, BoundedCache<Entity>>> = {
  windows: cachesByType(),
  linux: cachesByType(),
};
const images: Record<Platform, BoundedCache<ImagePart>> = {
  windows: boundedCache(REMEMBERED / 4),
  linux: boundedCache(REMEMBERED / 4),
};
const commands: Record<Platform, BoundedCache<Float32Array>> = {
  windows: boundedCache(REMEMBERED / 2),
  linux: boundedCache(REMEMBERED / 2),
};

/**
 * The entity of a recipe: a path (`file`), `block:`, `inline:`, `decoded:` or `path:` and text (`script`),
 * `protocol|address|port` or `name|<name>` (`network`), a folded key (`registry`), a name (`syscall`).
 */
export function entityOf(platform: Platform, type: EntityType, recipe: string): Entity {
  return entities[platform][type].get(recipe, () => makeEntity(platform, type, recipe));
}

/** What an image path says, remembered. */
export function imagePart(platform: Platform, image: string): ImagePart {
  return images[platform].get(image, () => readImage(platform, image));
}

/** What a command line says, remembered. */
export function commandPart(platform: Platform, commandLine: string): Float32Array {
  return commands[platform].get(commandLine, () => readCommand(platform, commandLine));
}

/** Forgets every name; only speed changes. A bench asks for it to show what the remembering is worth. */
export function forgetNames(): void {
  for (const platform of [entities.windows, entities.linux]) {
    for (const cache of Object.values(platform)) cache.forget();
  }
  for (const platform of [images, commands]) for (const cache of Object.values(platform)) cache.forget();
}

/**
 * The identity of a file: its path without what changes from run to run. GUIDs, long numbers and long hex runs
 * are folded, since a program that makes a thousand temporary names does one thing, not a thousand. On Windows
 * letter case is folded as the file system does.
 */
export function foldPath(platform: Platform, path: string): string {
  const cased = platform === 'windows' ? path.toLowerCase() : path;
  return cased
    .replace(/\{?[0-9a-fA-F]{8}-(?:[0-9a-fA-F]{4}-){3}[0-9a-fA-F]{12}\}?/g, '{}')
    .replace(/[0-9a-fA-F]{12,}|\d{3,}/g, '#')
    .replace(/^\/proc\/\d+/, '/proc/#');
}

function cachesByType(): Record<EntityType, BoundedCache<Entity>> {
  return {
    file: boundedCache(REMEMBERED),
    script: boundedCache(REMEMBERED / 8), // scripts are long
    network: boundedCache(REMEMBERED / 2),
    registry: boundedCache(REMEMBERED),
    syscall: boundedCache(1024),
  };
}

function makeEntity(platform: Platform, type: EntityType, recipe: string): Entity {
  const features = new Float32Array(FEATURES);
  if (type === 'file') {
    writeFile(features, platform, recipe);
    return entity(type, recipe, features, { key: `file ${foldPath(platform, recipe)}`, label: recipe });
  }
  if (type === 'network') return makePeer(recipe, features);
  if (type === 'registry') {
    writeKey(features, recipe);
    return entity(type, recipe, features, { label: recipe.slice(recipe.indexOf('|') + 1) });
  }
  if (type === 'syscall') {
    writeSyscall(features, recipe);
    return entity(type, recipe, features, { label: recipe });
  }
  const colon = recipe.indexOf(':');
  const text = recipe.slice(colon + 1);
  writeScript(features, platform, recipe.startsWith('path:'), text);
  return entity(type, recipe, features, { label: text.slice(0, 120) });
}

function makePeer(recipe: string, features: Float32Array): Entity {
  const [protocol = '', address = '', port = '0'] = recipe.split('|');
  if (protocol === 'name') {
    writeName(features, address);
    return entity('network', recipe, features, { label: address });
  }
  writePeer(features, protocol, address, Number(port));
  const place = address.includes(':') ? `[${address}]:${port}` : `${address}:${port}`;
  return entity('network', recipe, features, { label: `${place}/${protocol}` });
}

function entity(
  type: EntityType,
  recipe: string,
  features: Float32Array,
  { label, key = `${type} ${recipe}` }: { readonly label: string; readonly key?: string },
): Entity {
  return { type, recipe, key, hash: hashKey(key), label, features };
}

let seed: number | undefined;

// FNV-1a, 32 bits. The seed is secret, or names could be chosen that all fall on one place of a table.
function hashKey(key: string): number {
  seed ??= randomInt(2 ** 32);
  let hash = seed;
  for (let place = 0; place < key.length; place++) {
    hash = Math.imul(hash ^ key.charCodeAt(place), 0x01000193);
  }
  return hash ^ (hash >>> 15);
}
