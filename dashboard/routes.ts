import { Router } from 'express';
import { z } from 'zod';
import { ALERT_STATES, type AlertState, SEVERITIES, TRANSITIONS } from '../contracts/alert.ts';
import { ATTACK_PROBABILITY } from '../contracts/inference.ts';
import { type Access, callerOf } from '../ports/access/access.ts';
import { may } from '../ports/access/roles.ts';
import type { AlertStore } from '../ports/alerts/alerts.ts';
import type { Documents } from '../ports/documents/documents.ts';
import type { Clock } from '../ports/telemetry/telemetry.ts';
import { alertOf, alertsOf } from './queries/alerts.ts';
import { HOST_ORDERS, hosts } from './queries/hosts.ts';
import { inference } from './queries/inference.ts';
import { type ModelSources, models } from './queries/models.ts';
import { RECENT_ORDERS, recent } from './queries/recent.ts';
import { summary } from './queries/summary.ts';
import { techniques } from './queries/techniques.ts';
import { timeline } from './queries/timeline.ts';
import { pageShape, readParameters, scopeOf, scopeShape } from './scope.ts';

/** Who looks at the page, and the rules that its words depend on. */
export interface SessionView {
  readonly access: Access['mode'];
  readonly name: string;
  readonly may_write: boolean;
  readonly attack_probability: number;
  readonly alert_threshold: number;
  readonly transitions: Readonly<Record<AlertState, readonly AlertState[]>>;
}

export interface RouteNeeds {
  readonly documents: Documents;
  readonly alerts: AlertStore;
  readonly clock: Clock;
  readonly access: Access;
  readonly alertThreshold: number;
  readonly models?: ModelSources | undefined;
}

const alertsShape = {
  ...scopeShape,
  ...pageShape(200, 50),
  sort: z.enum(['last_seen', 'attack_prob']).default('last_seen'),
  status: z.enum(ALERT_STATES).optional(),
  severity: z.enum(SEVERITIES).optional(),
  technique: z
    .string()
    .regex(/^T\d{4}(\.\d{3})?$/, 'must be a technique such as T1059.001')
    .optional(),
  q: z.string().max(200).optional(),
};
const hostsShape = {
  ...scopeShape,
  ...pageShape(200, 60),
  sort: z.enum(HOST_ORDERS).default('max_attack_probability'),
};
const recentShape = {
  ...scopeShape,
  ...pageShape(200, 50),
  sort: z.enum(RECENT_ORDERS).default('timestamp'),
};

/** What the page reads, each view one query of `queries/`. Comes behind `access.needs('read')`. */
export function readingRoutes(needs: RouteNeeds): Router {
  const { documents, alerts, clock, access, alertThreshold } = needs;
  const router = Router();
  router.get('/session', (_request, response) => {
    const caller = callerOf(response);
    const session: SessionView = {
      access: access.mode,
      name: caller.name,
      may_write: may(caller, 'write'),
      attack_probability: ATTACK_PROBABILITY,
      alert_threshold: alertThreshold,
      transitions: TRANSITIONS,
    };
    response.json(session);
  });
  router.get('/summary', async (request, response) => {
    const scope = scopeOf(readParameters(request.query, scopeShape), callerOf(response), clock.now());
    response.json(await summary(documents, scope, alertThreshold));
  });
  router.get('/timeline', async (request, response) => {
    const scope = scopeOf(readParameters(request.query, scopeShape), callerOf(response), clock.now());
    response.json(await timeline(documents, scope, clock.now()));
  });
  router.get('/techniques', async (request, response) => {
    const scope = scopeOf(readParameters(request.query, scopeShape), callerOf(response), clock.now());
    response.json({ techniques: await techniques(documents, scope) });
  });
  router.get('/hosts', async (request, response) => {
    const read = readParameters(request.query, hostsShape);
    response.json(await hosts(needs, scopeOf(read, callerOf(response), clock.now()), read));
  });
  router.get('/recent', async (request, response) => {
    const read = readParameters(request.query, recentShape);
    const scope = scopeOf(read, callerOf(response), clock.now());
    response.json(await recent(documents, scope, { ...read, alertThreshold }));
  });
  const sources = needs.models;
  if (sources)
    router.get('/models', async (request, response) => {
      readParameters(request.query, {});
      response.json(await models(sources, callerOf(response)));
    });
  router.get('/inferences/:id', async (request, response) => {
    readParameters(request.query, {});
    response.json(await inference(needs, request.params.id, callerOf(response)));
  });
  router.get('/alerts', async (request, response) => {
    const read = readParameters(request.query, alertsShape);
    response.json(await alertsOf(alerts, scopeOf(read, callerOf(response), clock.now()), read));
  });
  router.get('/alerts/:id', async (request, response) => {
    readParameters(request.query, {});
    response.json(await alertOf(alerts, request.params.id, callerOf(response)));
  });
  return router;
}
