import { parseAllDocuments } from 'yaml';
import { z } from 'zod';
import { reasonOf } from '../../contracts/errors.ts';

/** How grave a match is, as its author sees it. */
export const LEVELS = ['informational', 'low', 'medium', 'high', 'critical'] as const;
/** One of LEVELS. */
export type Level = (typeof LEVELS)[number];

const ruleSchema = z.looseObject({
  title: z.string().min(1),
  id: z.string().optional(),
  status: z.string().optional(),
  description: z.string().optional(),
  level: z.enum(LEVELS).default('medium'), // the specification leaves it optional
  tags: z.array(z.string()).nullish(),
  logsource: z.looseObject({
    product: z.string().optional(),
    category: z.string().optional(),
    service: z.string().optional(),
  }),
  detection: z.looseObject({ condition: z.union([z.string(), z.array(z.string())]) }),
});

/** A rule as its author wrote it, checked for its shape. */
export type SigmaRule = z.infer<typeof ruleSchema>;

/** A rule that is not evaluated, by name, and why. */
export interface RefusedRule {
  readonly title: string;
  readonly file: string;
  readonly reason: string;
}

/** What one file of rules gives. */
export interface ParsedRules {
  readonly rules: readonly SigmaRule[];
  readonly refused: readonly RefusedRule[];
}

/** The kinds of document that are no rule over single events (Sigma specification 2.0). */
const OTHER_KINDS: ReadonlyMap<string, string> = new Map([
  ['correlation', 'correlations are not supported'],
  ['filter', 'filters are not supported'],
  ['action', 'rule collections (action) are not supported'],
]);

/** More documents or aliases than any rule file has; keeps a hostile file from filling the memory. */
const DOCUMENTS = 5000;
const ALIASES = 100;

/** Reads the rules of one YAML file, which may hold several documents. What is no rule is refused, never skipped. */
export function parseRules(text: string, file: string): ParsedRules {
  const rules: SigmaRule[] = [];
  const refused: RefusedRule[] = [];
  const documents = parseAllDocuments(text);
  const list = Array.isArray(documents) ? documents : [];
  if (list.length > DOCUMENTS)
    return { rules, refused: [{ title: file, file, reason: `it holds over ${DOCUMENTS} documents` }] };
  for (const [place, document] of list.entries()) {
    const name = `${file}#${place + 1}`;
    const [error] = document.errors;
    if (error !== undefined) {
      refused.push({ title: name, file, reason: `it is not YAML: ${error.message}` });
      continue;
    }
    let value: unknown;
    try {
      value = document.toJS({ maxAliasCount: ALIASES });
    } catch (cause) {
      refused.push({ title: name, file, reason: `it is not YAML: ${reasonOf(cause)}` });
      continue;
    }
    if (value === null || value === undefined) continue; // an empty document between two separators
    const rule = checked(value);
    if (typeof rule !== 'string') rules.push(rule);
    else refused.push({ title: titleOf(value) ?? name, file, reason: rule });
  }
  return { rules, refused };
}

function checked(value: unknown): SigmaRule | string {
  if (typeof value !== 'object' || value === null) return 'it is no mapping';
  for (const [key, reason] of OTHER_KINDS) if (Object.hasOwn(value, key)) return reason;
  const read = ruleSchema.safeParse(value);
  return read.success ? read.data : `it is no Sigma rule: ${z.prettifyError(read.error)}`;
}

function titleOf(value: unknown): string | undefined {
  const title = typeof value === 'object' && value !== null && 'title' in value ? value.title : undefined;
  return typeof title === 'string' && title !== '' ? title : undefined;
}
