import { readFile } from 'node:fs/promises';
import { dirname, resolve } from 'node:path';
import { z } from 'zod';
import { LogsterError, reasonOf } from '../contracts/errors.ts';
import { PLATFORMS, type Platform } from '../contracts/event.ts';
import { isCorrected } from './corrections.ts';

export const ROLES = ['train and judge', 'judge only', 'pairs only', 'parser fixture', 'unlabelled'] as const;
/** What a capture may serve for. */
export type Role = (typeof ROLES)[number];

/** A machine of a capture. `marker`: the attack was seen on it; `suspect`: command channel or injection seen. */
export interface CaptureHost {
  readonly name: string;
  readonly marker: boolean | null;
  readonly suspect: boolean | null;
}

/** When the attack ran, epoch seconds; without an end it lasts as long as the capture. */
export interface Mark {
  readonly start: number;
  readonly end: number | null;
}

/** One recording and what is known about it. */
export interface Capture {
  readonly id: string;
  readonly platform: Platform;
  readonly source: string;
  readonly file: string; // where it lies, absolute
  readonly lab: string;
  readonly run: string; // two views of one run count once
  readonly cluster: string; // captures of one tool or technique family
  readonly role: Role;
  readonly licence: string;
  readonly heldBack: boolean; // kept for the last judgement: nothing is fitted, tuned or chosen on it
  readonly attack: boolean | 'mixed' | null;
  readonly mark: Mark | null; // null: not known, or not inside the capture
  readonly useFrom: number | null; // epoch seconds; events before it are a recording's prelude
  readonly from: number | null; // epoch seconds of the first event
  readonly to: number | null; // epoch seconds of the last event
  readonly techniques: readonly string[];
  readonly hosts: readonly CaptureHost[];
  readonly sha256: string | null;
  readonly origin: string;
}

/** A list of captures; entries that could not be understood are named with the reason. */
export interface Manifest {
  readonly captures: readonly Capture[];
  readonly unreadable: readonly { readonly id: string; readonly reason: string }[];
}

/** Reads a MANIFEST.json; the captures' files lie beside it. Throws input-invalid when it is no manifest. */
export async function readManifest(file: string): Promise<Manifest> {
  const text = await readFile(file, 'utf8').catch((cause: unknown) => {
    throw new LogsterError('not-found', `Cannot read the manifest ${file}: ${reasonOf(cause)}`, { cause });
  });
  try {
    return parseManifest(JSON.parse(text.replace(/^\uFEFF/, '')), dirname(resolve(file)));
  } catch (cause) {
    if (cause instanceof LogsterError) throw cause;
    throw new LogsterError('input-invalid', `${file} is not JSON: ${reasonOf(cause)}`, { cause });
  }
}

/** Reads several manifests as one. Throws input-invalid when two of them name a capture alike. */
export async function readManifests(files: readonly string[]): Promise<Manifest> {
  const manifests = await Promise.all(files.map(readManifest));
  const seen = new Set<string>();
  for (const { id } of manifests.flatMap((one) => one.captures)) {
    if (seen.has(id))
      throw new LogsterError('input-invalid', `Two captures of the manifests are called ${id}`);
    seen.add(id);
  }
  return {
    captures: manifests.flatMap((one) => one.captures),
    unreadable: manifests.flatMap((one) => one.unreadable),
  };
}

/** Checks a manifest's JSON; what an entry leaves out gets the value that claims least. */
export function parseManifest(json: unknown, folder: string): Manifest {
  const list = manifestSchema.safeParse(json);
  if (!list.success)
    throw new LogsterError('input-invalid', 'A manifest is an object with a list named "captures"');
  const captures: Capture[] = [];
  const unreadable: { id: string; reason: string }[] = [];
  list.data.captures.forEach((entry, place) => {
    const read = entrySchema.safeParse(entry);
    if (read.success) captures.push(captureOf(read.data, folder));
    else unreadable.push({ id: nameOf(entry, place), reason: z.prettifyError(read.error) });
  });
  return { captures, unreadable };
}

/** Epoch seconds of a manifest's time; text without a zone is UTC. */
export function epochSeconds(value: unknown): number | null {
  if (typeof value === 'number') return Number.isFinite(value) ? value : null;
  if (typeof value !== 'string') return null;
  const text = value.trim().replace(' ', 'T');
  const ms = Date.parse(/(Z|[+-]\d\d:?\d\d)$/i.test(text) ? text : `${text}Z`);
  return Number.isNaN(ms) ? null : ms / 1000;
}

const text = z.string().nullish().catch(null);
const flag = z.boolean().nullish().catch(null);

const hostSchema = z
  .looseObject({ name: z.string(), marker: flag, c2_or_injection_seen: flag })
  .or(z.string().transform((name) => ({ name, marker: null, c2_or_injection_seen: null })));

const markSchema = z.looseObject({
  start: z.unknown().optional(),
  end: z.unknown().optional(),
  usable: flag,
});

const entrySchema = z.looseObject({
  id: z.string().min(1),
  platform: z.enum(PLATFORMS),
  file: z.string().min(1),
  source: text,
  lab: text,
  run: text,
  cluster: text,
  role: text,
  licence: text,
  origin: text,
  sha256: text,
  held_back: z.boolean().default(false), // a wrong value must not let it train: no catch
  attack: z
    .union([z.boolean(), z.literal('mixed')])
    .nullish()
    .catch(null),
  attack_window: markSchema.nullish().catch(null),
  use_from: z.unknown().optional(),
  first_ts: z.unknown().optional(),
  last_ts: z.unknown().optional(),
  techniques: z.array(z.string()).nullish().catch(null),
  hosts: z.array(hostSchema).nullish().catch(null), // some entries give a number instead
});
type Entry = z.infer<typeof entrySchema>;

const manifestSchema = z.looseObject({ captures: z.array(z.unknown()) });

function captureOf(entry: Entry, folder: string): Capture {
  return {
    id: entry.id,
    platform: entry.platform,
    source: entry.source ?? '',
    file: resolve(folder, entry.file),
    lab: entry.lab ?? 'unknown',
    run: entry.run ?? entry.id,
    cluster: entry.cluster ?? entry.id,
    role: roleOf(entry.role),
    licence: entry.licence ?? 'none stated',
    heldBack: entry.held_back,
    attack: entry.attack ?? null,
    mark: markOf(entry.attack_window ?? null),
    useFrom: epochSeconds(entry.use_from),
    from: epochSeconds(entry.first_ts),
    to: epochSeconds(entry.last_ts),
    techniques: entry.techniques ?? [],
    hosts: (entry.hosts ?? []).map((host) => ({
      name: host.name,
      marker: host.marker ?? null,
      suspect: isCorrected(entry.id, host.name) || (host.c2_or_injection_seen ?? null),
    })),
    sha256: entry.sha256 ?? null,
    origin: entry.origin ?? '',
  };
}

/** Without a role a capture may be judged and never trained on; with one that we do not know, neither. */
function roleOf(role: string | null | undefined): Role {
  if (role == null) return 'judge only';
  return ROLES.find((known) => known === role) ?? 'unlabelled';
}

function markOf(mark: z.infer<typeof markSchema> | null): Mark | null {
  const start = epochSeconds(mark?.start);
  if (mark === null || start === null || mark.usable === false) return null;
  const end = epochSeconds(mark.end);
  return { start, end: end === null ? null : Math.max(start, end) };
}

function nameOf(entry: unknown, place: number): string {
  const id = z.looseObject({ id: z.string() }).safeParse(entry);
  return id.success ? id.data.id : `entry ${place}`;
}
