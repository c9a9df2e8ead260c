import type { Technique } from '../../contracts/alert.ts';
import type { NormalizedEvent } from '../../contracts/event.ts';
import type { Telemetry } from '../../ports/telemetry/telemetry.ts';
import { techniqueNamed } from './attack-techniques.ts';
import type { CompiledRule } from './compile-rule.ts';
import type { Kin } from './fields.ts';
import { compileRules, type RuleSet, readRuleFolder, starterRules } from './load-rules.ts';
import type { Level, RefusedRule } from './parse-rule.ts';

/** Events that are kept as evidence of one rule: more than anybody reads. */
const EVIDENCE = 50;

/** What a match of a level counts for as the probability of an attack; chosen by us, the order is Sigma's. */
const SCORES: Readonly<Record<Level, number>> = {
  informational: 0.1,
  low: 0.3,
  medium: 0.5,
  high: 0.8,
  critical: 0.95,
};

/** A rule that fired and the events that it fired on. */
export interface RuleMatch {
  readonly rule: CompiledRule;
  readonly evidence: readonly string[]; // event ids, at most 50
  readonly events: number; // how many events there were
}

/** What rules say of a window: the highest level's score (0 without a match) and all technique ids. */
export interface Inspection {
  readonly score: number;
  readonly techniques: readonly string[];
}

/** Tells ATT&CK techniques from a window's events by Sigma rules. */
export interface SigmaAnalyzer {
  techniquesOf(events: readonly NormalizedEvent[]): readonly Technique[];
  inspect(events: readonly NormalizedEvent[]): Inspection;
  readonly ruleCount: number;
  readonly refused: readonly RefusedRule[];
}

/** Where further rules lie, and who is told of those that cannot be used. */
export interface AnalyzerOptions {
  /** A folder of Sigma rules in YAML that are used beside ours; one with the id of ours replaces it. */
  readonly rulesDirectory?: string | undefined;
  readonly telemetry?: Telemetry | undefined;
}

/** Loads and compiles our rules and the user's. Throws not-found when their folder cannot be read. */
export function techniqueAnalyzer({ rulesDirectory, telemetry }: AnalyzerOptions = {}): SigmaAnalyzer {
  const rules = compileRules([
    ...starterRules(),
    ...(rulesDirectory === undefined ? [] : readRuleFolder(rulesDirectory)),
  ]);
  for (const { title, file, reason } of rules.refused) {
    telemetry?.metrics.count('sigma_rules_refused');
    telemetry?.log.warn('refused a Sigma rule', { title, file, reason });
  }
  return {
    techniquesOf: (events) => evaluateRules(rules, events).flatMap(techniquesOfMatch),
    inspect: (events) => inspectionOf(evaluateRules(rules, events)),
    ruleCount: rules.rules.length,
    refused: rules.refused,
  };
}

/** The rules that fire on a window's events, the gravest first. Events are taken in the order given. */
export function evaluateRules(rules: RuleSet, events: readonly NormalizedEvent[]): readonly RuleMatch[] {
  const found = new Map<CompiledRule, { evidence: string[]; events: number }>();
  const kin = new Map<string, Kin>();
  for (const event of events) {
    const candidates = rules.rulesFor(event);
    if (candidates.length > 0) {
      const view = rules.fields.view({ event, parent: parentOf(event, kin) });
      for (const rule of candidates) {
        if (rule.scope.accepts?.(event) === false || !rule.matches(view)) continue;
        const match = found.get(rule) ?? { evidence: [], events: 0 };
        found.set(rule, match);
        match.events++;
        if (match.evidence.length < EVIDENCE) match.evidence.push(event.event_id);
      }
    }
    remember(event, kin);
  }
  return [...found]
    .map(([rule, match]) => ({ rule, ...match }))
    .sort((a, b) => SCORES[b.rule.level] - SCORES[a.rule.level] || (a.rule.title < b.rule.title ? -1 : 1));
}

/** The score and techniques of what fired. */
export function inspectionOf(matches: readonly RuleMatch[]): Inspection {
  return {
    score: matches.reduce((highest, { rule }) => Math.max(highest, SCORES[rule.level]), 0),
    techniques: [...new Set(matches.flatMap(({ rule }) => rule.techniques))],
  };
}

/** An id that ATT&CK does not know, which a user's rule may have, stands for its own name. */
function techniquesOfMatch({ rule, evidence }: RuleMatch): readonly Technique[] {
  return rule.techniques.map((technique) => {
    const { id, name, tactics } = techniqueNamed(technique) ?? {
      id: technique,
      name: technique,
      tactics: [],
    };
    return { id, name, tactics: [...tactics], rule: rule.title, evidence: [...evidence] };
  });
}

/** The audit system tells a parent's number only; what that process was stands in earlier events. */
function parentOf({ endpoint_id, data }: NormalizedEvent, kin: ReadonlyMap<string, Kin>): Kin | undefined {
  return data.parent_process_id === undefined
    ? undefined
    : kin.get(`${endpoint_id}:${data.parent_process_id}`);
}

function remember({ endpoint_id, event_type, data }: NormalizedEvent, kin: Map<string, Kin>): void {
  if (data.process_id === undefined || data.image === undefined) return;
  const key = `${endpoint_id}:${data.process_id}`;
  const known = kin.get(key);
  if (event_type !== 'process_create' && known?.image === data.image) return;
  kin.set(key, { image: data.image, commandLine: data.command_line ?? undefined });
}
