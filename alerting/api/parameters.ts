import { z } from 'zod';
import { ALERT_STATES, SEVERITIES } from '../../contracts/alert.ts';
import { IDENTIFIER, PLATFORMS } from '../../contracts/event.ts';
import { feedbackRequestSchema, REASONS } from '../../contracts/feedback.ts';

/** Digits only: `Number()` alone would also take "", "1e3" and "0x10". `meta` says it to OpenAPI. */
const whole = (bounds: { readonly least: number; readonly most: number; readonly unless: number }) =>
  z
    .string()
    .regex(/^\d{1,9}$/, 'must be a whole number')
    .transform(Number)
    .pipe(z.number().int().min(bounds.least).max(bounds.most))
    .prefault(String(bounds.unless))
    .meta({ type: 'integer', minimum: bounds.least, maximum: bounds.most, default: bounds.unless });

const identifier = z
  .string()
  .transform((text) => text.toLowerCase())
  .pipe(z.string().regex(IDENTIFIER, 'may hold a-z, 0-9, dots, dashes and underscores'));

const time = z
  .string()
  .regex(/^\d{1,11}(\.\d{1,9})?$/, 'must be a time in epoch seconds')
  .transform(Number)
  .meta({ type: 'number', description: 'epoch seconds' });

/** Pages go this far, so that one request cannot make the store walk through everything. */
const FURTHEST = 1_000_000;

const paging = {
  limit: whole({ least: 1, most: 1000, unless: 100 }),
  offset: whole({ least: 0, most: FURTHEST, unless: 0 }),
};

/** Parameters of `GET /alerts`. */
export const alertsQuery = z.strictObject({
  tenant_id: identifier.optional(),
  status: z.enum(ALERT_STATES).optional(),
  severity: z
    .string()
    .transform((text) => text.toUpperCase())
    .pipe(z.enum(SEVERITIES))
    .optional(),
  platform: z.enum(PLATFORMS).optional(),
  endpoint_id: identifier.optional(),
  since: time.optional(),
  until: time.optional(),
  technique: z
    .string()
    .regex(/^T\d{4}(\.\d{3})?$/, 'must be an ATT&CK id like T1059.001')
    .optional(),
  q: z.string().min(1).max(200).optional(),
  sort: z.enum(['last_seen', 'attack_prob']).default('last_seen'),
  ...paging,
  cursor: z.string().max(200).optional(),
});

/** Parameters of `GET /endpoints`. */
export const endpointsQuery = z.strictObject({ tenant_id: identifier.optional(), ...paging });

/** Parameters of `GET /feedback`. */
export const feedbackQuery = z.strictObject({
  tenant_id: identifier.optional(),
  platform: z.enum(PLATFORMS).optional(),
  reason: z.enum(REASONS).optional(),
  analyst: z.string().min(1).max(128).optional(),
  since: time.prefault('0'),
  limit: paging.limit,
});

/** Parameters of `GET /feedback/queue`. */
export const queueQuery = z.strictObject({
  tenant_id: identifier.optional(),
  platform: z.enum(PLATFORMS).optional(),
  limit: whole({ least: 1, most: 200, unless: 50 }),
});

/** Body of `POST /feedback`. */
export const feedbackBody = feedbackRequestSchema.strict();

/** Verdicts in one body of `POST /feedback/bulk`: what a shift judges, answered in seconds. */
export const MOST_VERDICTS = 500;

/** Body of `POST /feedback/bulk`. Each verdict is checked by itself, as `feedbackBody`. */
export const bulkBody = z.strictObject({ verdicts: z.array(z.unknown()).min(1).max(MOST_VERDICTS) });

/** No parameters. */
export const noQuery = z.strictObject({});

/** The part of a path that names an alert. */
export const alertPath = z.object({ alert_id: z.string() });

/** Body of `PATCH /alerts/{alert_id}`. */
export const alertPatch = z
  .strictObject({
    status: z.enum(ALERT_STATES).optional(),
    notes: z.string().min(1).max(4000).optional(),
    assignee: z.string().min(1).max(128).nullable().optional(),
    author: z.string().min(1).max(128).default('analyst'),
  })
  .refine(
    ({ status, notes, assignee }) => status !== undefined || notes !== undefined || assignee !== undefined,
    'at least one of status, notes and assignee is needed',
  );
