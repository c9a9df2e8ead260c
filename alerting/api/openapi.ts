import { extendZodWithOpenApi, OpenAPIRegistry, OpenApiGeneratorV31 } from '@asteasolutions/zod-to-openapi';
import { z } from 'zod';
import { alertSchema } from '../../contracts/alert.ts';
import { PLATFORMS } from '../../contracts/event.ts';
import { feedbackSchema } from '../../contracts/feedback.ts';
import { feedbackBody } from './feedback-routes.ts';
import { alertPatch, alertsQuery, endpointsQuery, feedbackQuery } from './parameters.ts';

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
  const problem = (description: string) => ({
    description,
    content: { 'application/problem+json': { schema: shapes.problem } },
  });
  const json = (description: string, schema: z.ZodType) => ({
    description,
    content: { 'application/json': { schema } },
  });
  const refusals = {
    400: problem('A parameter or the body is wrong; detail says which'),
    401: problem('No valid key or token'),
    403: problem('The role does not allow it, or the call came from another site'),
    429: problem('Too many requests'),
  };
  const security = [{ bearer: [] }, {}];
  const params = z.object({ alert_id: z.uuid() });
  const body = (schema: z.ZodType) => ({ required: true, content: { 'application/json': { schema } } });
  registry.registerPath({
    ...{ method: 'get', path: '/health', operationId: 'getHealth', summary: 'Whether the API serves' },
    responses: { 200: json('It does', shapes.health), 503: json('A store does not answer', shapes.health) },
  });
  registry.registerPath({
    ...{
      method: 'get',
      path: '/alerts',
      operationId: 'listAlerts',
      summary: 'Alerts, newest last_seen first',
    },
    ...{ security, request: { query: alertsQuery } },
    responses: { 200: json('A page of alerts', shapes.alerts), ...refusals },
  });
  registry.registerPath({
    ...{ method: 'get', path: '/alerts/{alert_id}', operationId: 'getAlert', summary: 'One alert' },
    ...{ security, request: { params } },
    responses: { 200: json('The alert', shapes.alert), ...refusals, 404: problem('No such alert') },
  });
  registry.registerPath({
    ...{ method: 'patch', path: '/alerts/{alert_id}', operationId: 'changeAlert' },
    summary: 'Changes state, assignee, or adds a note',
    security,
    request: {
      params,
      headers: z.object({ 'If-Match': z.string().optional() }), // updated_at
      body: body(alertPatch),
    },
    responses: {
      ...{ 200: json('The alert after it', shapes.alert), ...refusals, 404: problem('No such alert') },
      409: problem('Not allowed from its state'),
      412: problem('It changed since it was read'),
    },
  });
  registry.registerPath({
    ...{ method: 'get', path: '/alerts/{alert_id}/audit', operationId: 'getAudit' },
    ...{ summary: 'Every change of an alert, oldest first', security, request: { params } },
    responses: { 200: json('The changes', shapes.audit), ...refusals, 404: problem('No such alert') },
  });
  registry.registerPath({
    ...{ method: 'post', path: '/feedback', operationId: 'giveFeedback' },
    summary: 'A verdict: a true positive resolves the alert, a false positive closes it as one',
    ...{ security, request: { body: body(feedbackBody) } },
    responses: {
      ...{ 201: json('The verdict was kept', shapes.judged), ...refusals, 404: problem('No such alert') },
      409: problem('The analyst has judged it already'),
    },
  });
  registry.registerPath({
    ...{ method: 'get', path: '/feedback', operationId: 'listFeedback', summary: 'Verdicts, oldest first' },
    ...{ security, request: { query: feedbackQuery } },
    responses: { 200: json('Verdicts', shapes.feedback), ...refusals },
  });
  registry.registerPath({
    ...{
      method: 'get',
      path: '/endpoints',
      operationId: 'listEndpoints',
      summary: 'What is known per endpoint',
    },
    ...{ security, request: { query: endpointsQuery } },
    responses: { 200: json('A page of endpoints', shapes.endpoints), ...refusals },
  });
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
  return {
    alert,
    problem: named(
      'Problem',
      z.object({ type: z.string(), title: z.string(), status: z.number().int(), detail: z.string() }),
    ),
    health: named('Health', healthSchema()),
    alerts: named(
      'AlertListResponse',
      z.object({ alerts: z.array(alert), ...paged, next_cursor: z.string().nullable() }),
    ),
    judged: named('Judged', z.object({ feedback_id: z.uuid(), alert })),
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
