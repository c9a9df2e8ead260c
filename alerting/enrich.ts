import type { Alert, AlertMessage, Technique } from '../contracts/alert.ts';
import type { NormalizedEvent } from '../contracts/event.ts';
import { changeAlert, LOGSTER } from './change-alert.ts';

/** What tells ATT&CK techniques from a window's events. */
export interface TechniqueAnalyzer {
  techniquesOf(events: readonly NormalizedEvent[]): readonly Technique[];
}

/** Events that a technique keeps as its evidence: more than anybody reads. */
const EVIDENCE = 50;

/**
 * The alert with what an analyzer found in one of its windows; undefined where nothing is new. A technique is
 * kept once per rule, with the evidence of all windows.
 */
export function enrichAlert(alert: Alert, found: readonly Technique[], at: number): AlertMessage | undefined {
  const techniques = unionOf(alert.techniques, found);
  if (JSON.stringify(techniques) === JSON.stringify(alert.techniques)) return undefined;
  const ttp_techniques = distinct(techniques.map(({ id }) => id));
  const ttp_tactics = distinct(techniques.flatMap(({ tactics }) => tactics));
  const added = ttp_techniques.filter((id) => !alert.ttp_techniques.includes(id));
  const detail = added.length > 0 ? `found ${added.join(', ')}` : 'found more evidence';
  return changeAlert(
    alert,
    { change: 'enriched', by: LOGSTER, at, detail },
    { techniques, ttp_techniques, ttp_tactics },
  );
}

function unionOf(known: readonly Technique[], found: readonly Technique[]): Technique[] {
  const byRule = new Map<string, Technique>();
  for (const technique of [...known, ...found]) {
    const key = JSON.stringify([technique.id, technique.rule]);
    const before = byRule.get(key);
    const evidence = distinct([...(before?.evidence ?? []), ...technique.evidence]).slice(0, EVIDENCE);
    byRule.set(key, { ...(before ?? technique), evidence });
  }
  return [...byRule.values()];
}

function distinct(texts: readonly string[]): string[] {
  return [...new Set(texts)];
}
