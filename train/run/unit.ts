import { createHash } from 'node:crypto';
import type { Platform } from '../../contracts/event.ts';
import type { Label } from '../../datasets/label.ts';
import type { Ablation } from '../ablate.ts';
import type { Alteration } from '../alter-events.ts';
import type { Pair } from '../example.ts';
import type { Recipe } from '../fit.ts';
import type { RawScores, Trained } from '../fit-all.ts';

/**
 * One training of everything on a set of captures, by their ids, and on the verdicts of the run's dataset version. What
 * it gives within one run depends on these fields alone.
 */
export interface FitUnit {
  readonly kind: 'fit';
  readonly title: string; // for people
  readonly platform: Platform;
  readonly recipe: Recipe;
  readonly train: readonly string[];
  /** The parts of the training side that choose how long to train; null where the recipe leaves no choice. */
  readonly choice: { readonly train: readonly string[]; readonly judge: readonly string[] } | null;
  /** Labels are shuffled among these captures, those of all folds: whatever is learnt then is a fault of the method. */
  readonly shuffle: { readonly seed: number; readonly among: readonly string[] } | null;
}

/** What a finished fit gives captures, as recorded or with altered events. */
export interface ScoreUnit {
  readonly kind: 'score';
  readonly title: string;
  readonly fit: FitUnit;
  readonly captures: readonly string[];
  readonly alteration: Alteration;
  readonly ablation?: Ablation; // taken from every graph before it is scored
}

export type Unit = FitUnit | ScoreUnit;

/** Raw scores of one capture's labelled windows and pairs. */
export interface ScoredCapture {
  readonly id: string;
  readonly windows: readonly {
    readonly host: string;
    readonly end: number; // the tick, epoch seconds
    readonly label: Label;
    readonly raw: RawScores;
  }[];
  readonly pairs: readonly {
    readonly kind: Pair['kind'];
    readonly before: RawScores;
    readonly during: RawScores;
  }[];
}

/** What a unit's fields give as a name: equal for equal work, whatever its title. */
export function keyOfUnit(unit: Unit): string {
  const untitled = (_key: string, value: unknown) => (_key === 'title' ? undefined : value);
  const digest = createHash('sha256').update(JSON.stringify(unit, untitled)).digest('hex');
  return `${unit.kind}-${digest.slice(0, 24)}`;
}

/** Work in a unit, in epochs; trees and simple models cost about as much as some epochs of the network. */
export function costOf(unit: Unit): number {
  if (unit.kind === 'score') return 1;
  return unit.recipe.epochs * (unit.choice === null ? 1 : 2) + SIMPLE_COST;
}
const SIMPLE_COST = 4;

/** A finished fit as a file; numbers survive to the bit. */
export function encodeTrained(trained: Trained): string {
  const { parameters } = trained.fitted;
  const bytes = Buffer.from(parameters.buffer, parameters.byteOffset, parameters.byteLength);
  return JSON.stringify({ ...trained, fitted: { ...trained.fitted, parameters: bytes.toString('base64') } });
}

/** Reads what `encodeTrained` wrote. */
export function decodeTrained(text: string): Trained {
  const read = JSON.parse(text) as Trained & { readonly fitted: { readonly parameters: unknown } };
  const bytes = Buffer.from(String(read.fitted.parameters), 'base64');
  const parameters = new Float32Array(bytes.length / 4);
  new Uint8Array(parameters.buffer).set(bytes);
  return { ...read, fitted: { ...read.fitted, parameters } };
}
