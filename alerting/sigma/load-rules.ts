import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { LogsterError, reasonOf } from '../../contracts/errors.ts';
import type { EventType, NormalizedEvent, Platform } from '../../contracts/event.ts';
import { type CompiledRule, compileRule } from './compile-rule.ts';
import { parseRules, type RefusedRule } from './parse-rule.ts';
import { type FieldTable, fieldTable } from './view.ts';

/** Rules that were compiled together and so share what they read of an event. */
export interface RuleSet {
  readonly rules: readonly CompiledRule[];
  readonly refused: readonly RefusedRule[];
  readonly fields: FieldTable;
  /** The rules that are about events of this platform and type. */
  rulesFor(event: NormalizedEvent): readonly CompiledRule[];
}

/** The text of a file of rules, and the name under which it is spoken of. */
export interface RuleText {
  readonly file: string;
  readonly text: string;
}

/** The rules that come with Logster. */
export function starterRules(): readonly RuleText[] {
  return readRuleFolder(join(import.meta.dirname, 'rules'));
}

/** All .yml and .yaml files of a folder and those below it, by name. Throws not-found when it cannot be read. */
export function readRuleFolder(folder: string): readonly RuleText[] {
  try {
    return readdirSync(folder, { recursive: true, encoding: 'utf8' })
      .filter((file) => /\.ya?ml$/i.test(file))
      .sort()
      .map((file) => ({ file, text: readFileSync(join(folder, file), 'utf8') }));
  } catch (cause) {
    throw new LogsterError('not-found', `Cannot read the rules in ${folder}: ${reasonOf(cause)}`, { cause });
  }
}

/** Compiles rules; of two with one id the later counts, so that a user's rule replaces ours. */
export function compileRules(texts: readonly RuleText[]): RuleSet {
  const fields = fieldTable();
  const byId = new Map<string, CompiledRule>();
  const refused: RefusedRule[] = [];
  for (const { file, text } of texts) {
    const parsed = parseRules(text, file);
    refused.push(...parsed.refused);
    for (const rule of parsed.rules) {
      const compiled = compileRule(rule, fields);
      if (compiled.ok) byId.set(compiled.rule.id, compiled.rule);
      else refused.push({ title: rule.title, file, reason: compiled.reason });
    }
  }
  const rules = [...byId.values()];
  const byType = dispatch(rules);
  return {
    rules,
    refused,
    fields,
    rulesFor: ({ platform, event_type }) => byType.get(platform)?.get(event_type) ?? [],
  };
}

function dispatch(
  rules: readonly CompiledRule[],
): ReadonlyMap<Platform, ReadonlyMap<EventType, readonly CompiledRule[]>> {
  const byType = new Map<Platform, Map<EventType, CompiledRule[]>>();
  for (const rule of rules) {
    for (const platform of rule.scope.platforms) {
      const types = byType.get(platform) ?? new Map<EventType, CompiledRule[]>();
      byType.set(platform, types);
      for (const type of rule.scope.types) types.set(type, [...(types.get(type) ?? []), rule]);
    }
  }
  return byType;
}
