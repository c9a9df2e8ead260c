import { createHash } from 'node:crypto';
import { LogsterError } from '../../contracts/errors.ts';
import type { Platform } from '../../contracts/event.ts';
import { type Capture, readManifest } from '../../datasets/manifest.ts';
import type { Candidate } from './candidate.ts';

/** Captures to judge on, and those that may not be, with the reason. */
export interface FrozenCaptures {
  readonly used: readonly Capture[];
  readonly leftOut: readonly { readonly id: string; readonly reason: string }[];
  readonly digest: string; // of what is used and what was claimed of it
}

export interface FrozenOptions {
  readonly platform: Platform;
  /** Manifests of which what is held back, or may only be judged, is used. */
  readonly manifestFiles: readonly string[];
  /** Manifests of which everything is used that trained neither version. */
  readonly frozenFiles: readonly string[];
  readonly candidates: readonly Candidate[];
}

/**
 * The captures that neither feedback nor training can touch: those that are held back or only judge, and of
 * `frozenFiles` also others, where both versions' training captures are known and it is none of them. Throws
 * input-invalid when there is nothing to judge on.
 */
export async function frozenCaptures(options: FrozenOptions): Promise<FrozenCaptures> {
  const { platform, candidates } = options;
  const { captures, named, unreadable } = await readAll(options);
  const used: Capture[] = [];
  const leftOut = [...unreadable];
  for (const capture of captures.filter((one) => one.platform === platform)) {
    const asked = named.has(capture.id);
    const reason = refusalOf(capture, candidates, asked);
    if (reason === null) used.push(capture);
    else if (asked || isFrozen(capture)) leftOut.push({ id: capture.id, reason });
  }
  if (used.length > 0) return { used, leftOut, digest: digestOf(used) };
  const why = leftOut[0] ? `; ${leftOut[0].id} is left out: ${leftOut[0].reason}` : '';
  throw new LogsterError(
    'input-invalid',
    `No capture of ${platform} is frozen for the judgement${why}; name a manifest with captures that are held back or ` +
      'judge only (--frozen MANIFEST.json)',
  );
}

const isFrozen = ({ heldBack, role }: Capture): boolean => heldBack || role === 'judge only';

const JUDGED_ROLES: readonly Capture['role'][] = ['train and judge', 'judge only'];

function refusalOf(capture: Capture, candidates: readonly Candidate[], asked: boolean): string | null {
  if (!JUDGED_ROLES.includes(capture.role)) return `its role is ${capture.role}`;
  for (const { version, learntFrom } of candidates) {
    const id = `${version.name}@${version.version}`;
    const learnt = learntFrom?.find(
      (one) =>
        one.id === capture.id ||
        one.run === capture.run ||
        (one.sha256 !== null && one.sha256 === capture.sha256),
    );
    if (learnt) return `${id} learnt from it${learnt.id === capture.id ? '' : ` as ${learnt.id}`}`;
    if (learntFrom === null && asked && !isFrozen(capture))
      return `it may train, and what ${id} learnt from is not known on this machine`;
  }
  return asked || isFrozen(capture) ? null : 'it may train';
}

/** Captures of all manifests, each once; `named` are those of the frozen ones. */
async function readAll({ manifestFiles, frozenFiles }: FrozenOptions) {
  const captures = new Map<string, Capture>();
  const unreadable: { id: string; reason: string }[] = [];
  const named = new Set<string>();
  const take = async (file: string, frozen: boolean): Promise<void> => {
    const manifest = await readManifest(file);
    unreadable.push(...manifest.unreadable);
    for (const capture of manifest.captures) {
      const known = captures.get(capture.id);
      if (known && known.sha256 !== capture.sha256)
        throw new LogsterError('input-invalid', `Two captures of the manifests are called ${capture.id}`);
      if (known) checkSameClaims(known, capture);
      else captures.set(capture.id, capture);
      if (frozen) named.add(capture.id);
    }
  };
  for (const file of new Set(frozenFiles)) await take(file, true);
  for (const file of new Set(manifestFiles)) await take(file, false);
  return { captures: [...captures.values()], named, unreadable };
}

/** A manifest that calls a capture frozen which another trains on would let a version judge itself. */
function checkSameClaims(known: Capture, other: Capture): void {
  if (known.heldBack === other.heldBack && known.role === other.role) return;
  throw new LogsterError(
    'input-invalid',
    `The manifests disagree whether ${known.id} may train; make held_back and role alike in both`,
  );
}

function digestOf(captures: readonly Capture[]): string {
  const hash = createHash('sha256');
  for (const { file: _, ...one } of [...captures].sort((a, b) => (a.id < b.id ? -1 : 1)))
    hash.update(`${JSON.stringify(one)}\n`);
  return hash.digest('hex');
}
