import { z } from 'zod';
import { LogsterError } from '../contracts/errors.ts';
import { IDENTIFIER } from '../contracts/event.ts';
import { type Caller, tenantsOf } from '../ports/access/roles.ts';
import type { Filter } from '../ports/documents/documents.ts';
import { momentOf, type TimeRange } from './time-range.ts';

/** What every view is held to: a stretch of event time, one host or all, and the tenants of who asks. */
export interface Scope {
  readonly range: TimeRange;
  readonly endpointId?: string;
  readonly tenantIds?: readonly string[]; // absent: all
}

const identifier = (what: string) =>
  z
    .string()
    .transform((text) => text.trim().toLowerCase())
    .refine((text) => IDENTIFIER.test(text), `must be a ${what} of letters, digits, ".", "_" and "-"`);

const whole = (from: number, to: number, standard: number) =>
  z
    .string()
    .regex(/^\d{1,7}$/, 'must be a whole number')
    .transform(Number)
    .pipe(z.number().min(from).max(to))
    .default(standard);

/** Parameters of every view. */
export const scopeShape = {
  from: z.string().max(64).default('now-30m'),
  to: z.string().max(64).optional(),
  hostname: identifier('host name').optional(),
  tenant_id: identifier('tenant').optional(),
};

/** Parameters of a view that comes in pages of at most `largest`. */
export const pageShape = (largest: number, standard: number) => ({
  limit: whole(1, largest, standard),
  offset: whole(0, 1_000_000, 0),
});

/** Checks a query string. Throws `input-invalid` that names what is wrong, an unknown parameter included. */
export function readParameters<Shape extends z.ZodRawShape>(query: unknown, shape: Shape) {
  const read = z.strictObject(shape).safeParse(query);
  if (read.success) return read.data;
  const problems = read.error.issues.map((issue) => [...issue.path, issue.message].join(': '));
  throw new LogsterError('input-invalid', `Cannot read the parameters. ${problems.join('. ')}`);
}

/** The scope of read parameters. Throws `input-invalid` for a moment that is none or a range that is empty. */
export function scopeOf(
  read: {
    readonly from: string;
    readonly to?: string | undefined;
    readonly hostname?: string | undefined;
    readonly tenant_id?: string | undefined;
  },
  caller: Caller,
  now: number,
): Scope {
  const moment = (name: 'from' | 'to', text: string): number => {
    const found = momentOf(text, now);
    if (found !== undefined) return found;
    throw new LogsterError(
      'input-invalid',
      `"${text}" is no moment for "${name}"; write now-30m, epoch seconds or an ISO 8601 date`,
    );
  };
  const from = moment('from', read.from);
  const to = read.to === undefined || read.to === 'now' ? undefined : moment('to', read.to);
  if (to !== undefined && to <= from) {
    throw new LogsterError('input-invalid', 'The range is empty: "from" must lie before "to"');
  }
  const tenantIds = tenantsOf(caller, read.tenant_id);
  return {
    range: { from, ...(to !== undefined && { to }) },
    ...(read.hostname !== undefined && { endpointId: read.hostname }),
    ...(tenantIds !== undefined && { tenantIds }),
  };
}

/** The scored windows of a scope, by the event time at which they end, and `more` conditions. */
export function windowsIn(
  scope: Scope,
  more: Filter<'logster-inferences'> = {},
): Filter<'logster-inferences'> {
  return {
    equals: { ...(scope.endpointId !== undefined && { endpoint_id: scope.endpointId }), ...more.equals },
    anyOf: { ...(scope.tenantIds && { tenant_id: scope.tenantIds }), ...more.anyOf },
    range: { timestamp: scope.range, ...more.range },
  };
}

/** The alerts of a scope, by the event time at which they were last seen. */
export function alertsIn(scope: Scope): Filter<'logster-alerts'> {
  return {
    equals: { ...(scope.endpointId !== undefined && { endpoint_id: scope.endpointId }) },
    anyOf: { ...(scope.tenantIds && { tenant_id: scope.tenantIds }) },
    range: { last_seen: scope.range },
  };
}
