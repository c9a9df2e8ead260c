import { reasonOf } from '../../contracts/errors.ts';
import { type Condition, parseCondition } from './condition.ts';
import { type Scope, scopeOf } from './logsource.ts';
import { allOf, anyOf, type DetectionValue, fieldPredicate, type Predicate } from './match.ts';
import type { Level, SigmaRule } from './parse-rule.ts';
import type { FieldTable } from './view.ts';

/** A rule that can be evaluated. */
export interface CompiledRule {
  readonly id: string;
  readonly title: string;
  readonly level: Level;
  readonly techniques: readonly string[];
  readonly scope: Scope;
  readonly matches: Predicate;
}

/** Lists in lists and mappings in lists are as deep as a detection goes. */
const NESTING = 5;

/** Compiles a rule's detection into closures, once. A rule that cannot be evaluated is an answer, with its reason. */
export function compileRule(
  rule: SigmaRule,
  table: FieldTable,
): { readonly ok: true; readonly rule: CompiledRule } | { readonly ok: false; readonly reason: string } {
  const scope = scopeOf(rule.logsource);
  if ('reason' in scope) return { ok: false, reason: scope.reason };
  try {
    const matches = detectionOf(rule.detection, table);
    return {
      ok: true,
      rule: {
        id: rule.id ?? rule.title,
        title: rule.title,
        level: rule.level,
        techniques: techniquesOf(rule.tags ?? []),
        scope,
        matches,
      },
    };
  } catch (cause) {
    if (cause instanceof SyntaxError) return { ok: false, reason: reasonOf(cause) };
    throw cause;
  }
}

function detectionOf(
  { condition, timeframe, ...detections }: SigmaRule['detection'],
  table: FieldTable,
): Predicate {
  if (timeframe !== undefined)
    throw new SyntaxError('a timeframe needs an aggregation, which is not supported');
  const names = Object.keys(detections);
  const searches = new Map(names.map((name) => [name, searchOf(detections[name], table, 0)]));
  const conditions = typeof condition === 'string' ? [condition] : condition;
  return anyOf(conditions.map((one) => conditionOf(parseCondition(one, names), searches)));
}

function conditionOf(condition: Condition, searches: ReadonlyMap<string, Predicate>): Predicate {
  if (condition.kind === 'search') {
    const search = searches.get(condition.name);
    if (search === undefined) throw new SyntaxError(`no search is named ${condition.name}`);
    return search;
  }
  if (condition.kind === 'not') {
    const part = conditionOf(condition.part, searches);
    return (view) => !part(view);
  }
  const parts = condition.parts.map((part) => conditionOf(part, searches));
  return condition.kind === 'and' ? allOf(parts) : anyOf(parts);
}

/** A mapping means all of its lines, a list any of its members; a bare value is a keyword. */
function searchOf(search: unknown, table: FieldTable, depth: number): Predicate {
  if (depth > NESTING) throw new SyntaxError('a search nests too deep');
  if (Array.isArray(search)) {
    if (search.length === 0) throw new SyntaxError('a search is empty');
    return anyOf(search.map((member) => searchOf(member, table, depth + 1)));
  }
  if (typeof search === 'object' && search !== null) {
    const lines = Object.entries(search);
    if (lines.length === 0) throw new SyntaxError('a search is empty');
    return allOf(lines.map(([key, value]) => fieldPredicate(key, valuesOf(value), table)));
  }
  if (!isValue(search) || search === null) throw new SyntaxError('a search is empty');
  return fieldPredicate('', [search], table);
}

function valuesOf(value: unknown): readonly DetectionValue[] {
  const values: readonly unknown[] = Array.isArray(value) ? value : [value];
  if (values.length === 0) throw new SyntaxError('a list of values is empty');
  return values.map((one) => {
    if (!isValue(one)) throw new SyntaxError('a value is neither text, number, truth value nor null');
    return one;
  });
}

function isValue(value: unknown): value is DetectionValue {
  return (
    value === null || typeof value === 'string' || typeof value === 'number' || typeof value === 'boolean'
  );
}

/** `attack.t1059.001` of the tags. */
function techniquesOf(tags: readonly string[]): readonly string[] {
  const ids = tags.flatMap((tag) => /^attack\.(t\d{4}(?:\.\d{3})?)$/i.exec(tag)?.[1]?.toUpperCase() ?? []);
  return [...new Set(ids)];
}
