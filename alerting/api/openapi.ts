import {
  extendZodWithOpenApi,
  OpenAPIRegistry,
  OpenApiGeneratorV31,
  type RouteConfig,
} from '@asteasolutions/zod-to-openapi';
import { z } from 'zod';
import { alertSchema } from '../../contracts/alert.ts';
import { PLATFORMS } from '../../contracts/event.ts';
import { feedbackSchema } from '../../contracts/feedback.ts';
import {
  alertPatch,
  alertsQuery,
  endpointsQuery,
  feedbackBody,
  feedbackQuery,
  MOST_VERDICTS,
  queueQuery,
} from './parameters.ts';

/** The machine description of the API (OpenAPI 3.1), made from the schemas that requests are checked by. */
export function openApi(): object {
  extendZodWithOpenApi(z); // gives schemas the method by which they are registered under a name
  const registry = new OpenAPIRegistry();
  registry.registerComponent('securitySchemes', 'bearer', {
    type: 'http',
    scheme: 'bearer',
    description: 'An API key (lgs_...) or an OpenID Connect token; not needed where access is open.',
  });
  const shapes = registerShapes(registry);
  const paths = [...alertPaths(shapes), ...feedbackPaths(shapes), ...otherPaths(shapes)];
  for (const path of paths) registry.registerPath(path);
  return new OpenApiGeneratorV31(registry.definitions).generateDocument({
    openapi: '3.1.0',
    info: {
      title: 'Logster API',
      version: '1',
      description:
        'Alerts, their states and verdicts, and the endpoints they come from. Times are epoch seconds.',
      license: { name: 'Apache-2.0', identifier: 'Apache-2.0' },
    },
  });
}

type Shapes = ReturnType<typeof registerShapes>;

/** A key or token, or neither where access is open. */
const SECURITY = [{ bearer: [] }, {}];

function alertPaths(shapes: Shapes): readonly RouteConfig[] {
  const one = z.object({ alert_id: z.uuid() });
  const refusals = refusalsOf(shapes);
  const missing = { ...refusals, 404: problem(shapes, 'No such alert') };
  return [
    {
      ...{ method: 'get', path: '/alerts', operationId: 'listAlerts', security: SECURITY },
      ...{ summary: 'Alerts, newest last_seen first', request: { query: alertsQuery } },
      responses: { 200: json('A page of alerts', shapes.alerts), ...refusals },
    },
    {
      ...{ method: 'get', path: '/alerts/{alert_id}', operationId: 'getAlert', security: SECURITY },
      ...{ summary: 'One alert', request: { params: one } },
      responses: { 200: json('The alert', shapes.alert), ...missing },
    },
    {
      ...{ method: 'patch', path: '/alerts/{alert_id}', operationId: 'changeAlert', security: SECURITY },
      summary: 'Changes state or assignee, or adds a note',
      // If-Match: the updated_at that was read
      request: {
        params: one,
        headers: z.object({ 'If-Match': z.string().optional() }),
        body: body(alertPatch),
      },
      responses: {
        ...{ 200: json('The alert after it', shapes.alert), ...missing },
        409: problem(shapes, 'Not allowed from its state'),
        412: problem(shapes, 'It changed since it was read'),
      },
    },
    {
      ...{ method: 'get', path: '/alerts/{alert_id}/audit', operationId: 'getAudit', security: SECURITY },
      ...{ summary: 'Every change of an alert, oldest first', request: { params: one } },
      responses: { 200: json('The changes', shapes.audit), ...missing },
    },
  ];
}

function feedbackPaths(shapes: Shapes): readonly RouteConfig[] {
  const refusals = refusalsOf(shapes);
  const tooLarge = problem(shapes, 'The body is too large');
  return [
    {
      ...{ method: 'post', path: '/feedback', operationId: 'giveFeedback', security: SECURITY },
      summary:
        'A verdict on an alert or a window: a true positive resolves the alert, a false positive closes it as one',
      request: { body: body(feedbackBody) },
      responses: {
        ...{ 201: json('The verdict was kept', shapes.judged), ...refusals },
        404: problem(shapes, 'No such alert or kept window'),
        409: problem(shapes, 'The analyst has judged it already'),
        413: tooLarge,
      },
    },
    {
      ...{ method: 'post', path: '/feedback/bulk', operationId: 'giveFeedbackInBulk', security: SECURITY },
      summary: 'Verdicts, each kept or refused by itself',
      request: {
        body: body(z.strictObject({ verdicts: z.array(feedbackBody).min(1).max(MOST_VERDICTS) })),
      },
      responses: {
        ...{ 200: json('What became of each, in their order', shapes.outcomes), ...refusals },
        413: tooLarge,
      },
    },
    {
      ...{ method: 'get', path: '/feedback', operationId: 'listFeedback', security: SECURITY },
      ...{ summary: 'Verdicts, oldest first', request: { query: feedbackQuery } },
      responses: { 200: json('Verdicts', shapes.feedback), ...refusals },
    },
    {
      ...{ method: 'get', path: '/feedback/queue', operationId: 'listFeedbackQueue', security: SECURITY },
      summary: 'Windows whose verdict would teach most, best first',
      request: { query: queueQuery },
      responses: { 200: json('Windows to judge', shapes.queue), ...refusals },
    },
  ];
}

function otherPaths(shapes: Shapes): readonly RouteConfig[] {
  const refusals = refusalsOf(shapes);
  return [
    {
      ...{ method: 'get', path: '/health', operationId: 'getHealth', summary: 'Whether the API serves' },
      responses: { 200: json('It does', shapes.health), 503: json('A store does not answer', shapes.health) },
    },
    {
      ...{ method: 'get', path: '/endpoints', operationId: 'listEndpoints', security: SECURITY },
      ...{ summary: 'What is known per endpoint', request: { query: endpointsQuery } },
      responses: { 200: json('A page of endpoints', shapes.endpoints), ...refusals },
    },
  ];
}

function refusalsOf(shapes: Shapes) {
  return {
    400: problem(shapes, 'A parameter or the body is wrong; detail says which'),
    401: problem(shapes, 'No valid key or token'),
    403: problem(shapes, 'The role does not allow it, or the call came from another site'),
    429: problem(shapes, 'Too many requests'),
  };
}

function problem(shapes: Shapes, description: string) {
  return { description, content: { 'application/problem+json': { schema: shapes.problem } } };
}

function json(description: string, schema: z.ZodType) {
  return { description, content: { 'application/json': { schema } } };
}

function body(schema: z.ZodType) {
  return { required: true, content: { 'application/json': { schema } } };
}

/** The schemas of answers, each under its name. */
function registerShapes(registry: OpenAPIRegistry) {
  const alert = registry.register('Alert', z.object(alertSchema.shape));
  const paged = { total: z.number().int(), limit: z.number().int(), offset: z.number().int() };
  const endpoint = registry.register('Endpoint', endpointSchema());
  const given = registry.register('Feedback', z.object(feedbackSchema.shape));
  const change = z.object({
    ...{ at: z.number(), alert_id: z.string(), tenant_id: z.string(), by: z.string(), change: z.string() },
    before: z.record(z.string(), z.unknown()).nullable(),
    after: z.record(z.string(), z.unknown()),
  });
  const named = (name: string, schema: z.ZodObject) => registry.register(name, schema);
  const refusal = named(
    'Problem',
    z.object({ type: z.string(), title: z.string(), status: z.number().int(), detail: z.string() }),
  );
  const outcome = z.object({
    status: z.number().int(), // 201, or why not
    feedback_id: z.uuid().optional(),
    problem: refusal.optional(),
  });
  return {
    alert,
    problem: refusal,
    health: named('Health', healthSchema()),
    alerts: named(
      'AlertListResponse',
      z.object({ alerts: z.array(alert), ...paged, next_cursor: z.string().nullable() }),
    ),
    judged: named('Judged', z.object({ feedback_id: z.uuid(), alert: alert.nullable() })), // null: on a window
    outcomes: named(
      'BulkResponse',
      z.object({
        ...{ accepted: z.number().int(), refused: z.number().int() },
        outcomes: z.array(registry.register('Outcome', outcome)),
      }),
    ),
    queue: named(
      'QueueResponse',
      z.object({ queue: z.array(registry.register('QueuedWindow', queuedSchema())) }),
    ),
    feedback: named('FeedbackListResponse', z.object({ feedback: z.array(given) })),
    endpoints: named('EndpointListResponse', z.object({ endpoints: z.array(endpoint), ...paged })),
    audit: named('AuditResponse', z.object({ audit: z.array(change) })),
  };
}

function healthSchema() {
  return z.object({
    status: z.enum(['ok', 'degraded']),
    service: z.literal('logster-api'),
    uptime_seconds: z.number().optional(), // for who may read
    alerts_count: z.number().int().optional(),
    checks: z.record(z.string(), z.string()).optional(),
  });
}

function queuedSchema() {
  return z.object({
    ...{ inference_id: z.uuid(), tenant_id: z.string(), endpoint_id: z.string() },
    platform: z.enum(PLATFORMS),
    ...{ window_start: z.number(), window_end: z.number(), model_version: z.string() },
    attack_prob: z.number(),
    because: z.enum(['attack', 'sample']), // why it was kept
    pattern: z.string(), // what carried its score
    alert_id: z.uuid().nullable(),
    reason: z.string(), // why it is offered
  });
}

function endpointSchema() {
  return z.object({
    ...{ tenant_id: z.string(), endpoint_id: z.string(), hostname: z.string() },
    platforms: z.array(z.enum(PLATFORMS)),
    ...{ first_seen: z.number().nullable(), last_seen: z.number().nullable() },
    ...{ open_alerts: z.number().int(), total_alerts: z.number().int() },
    ...{ max_attack_prob: z.number().nullable(), last_prediction: z.string().nullable() },
    events_last_hour: z.number().int(),
  });
}
