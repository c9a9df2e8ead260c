import type { Alert, Technique } from '../../contracts/alert.ts';
import { LogsterError } from '../../contracts/errors.ts';
import type { EventType, NormalizedEvent, Source } from '../../contracts/event.ts';
import type { InferenceResult } from '../../contracts/inference.ts';
import { type Caller, seesTenant } from '../../ports/access/roles.ts';
import type { AlertStore } from '../../ports/alerts/alerts.ts';
import type { Documents } from '../../ports/documents/documents.ts';
import { type Evidence, type ProcessTree, processTree } from '../process-tree.ts';
import { storedAlert, storedEvent, storedInference } from '../stored.ts';
import { ancestors } from './ancestors.ts';

/** One event of the window. What it says is the endpoint's own text. */
export interface EventRow {
  readonly event_id: string;
  readonly timestamp: number;
  readonly event_type: EventType;
  readonly source: Source;
  readonly process: string;
  readonly process_id: number | null;
  readonly user: string;
  readonly what: string; // the command line, file, address, key … it is about
  readonly evidence: boolean; // it carries the verdict or shows a technique
  readonly techniques: readonly string[];
  readonly influence: number | null; // its place among the most influential, from 1
}

export interface InferenceView {
  readonly inference: InferenceResult;
  readonly alert: Alert | null; // the alert that holds this window
  readonly techniques: readonly Technique[]; // of that alert, shown by events of this window
  readonly events: readonly EventRow[]; // in sequence
  readonly events_total: number; // of the window, indexed
  readonly process_tree: ProcessTree;
}

/** Events of a window that are shown; evidence beyond them is fetched by its id. */
const MOST_EVENTS = 3000;

/** A window with its events in sequence, its process tree up to the root and the alert that holds it. */
export async function inference(
  needs: { readonly documents: Documents; readonly alerts: AlertStore },
  inferenceId: string,
  caller: Caller,
): Promise<InferenceView> {
  const { documents } = needs;
  const document = await documents.get('logster-inferences', inferenceId);
  const result = document && storedInference(document);
  if (!result || !seesTenant(caller, result.tenant_id)) {
    throw new LogsterError('not-found', `There is no inference ${inferenceId}; it may have expired`);
  }
  const alert = await alertHolding(needs, result);
  const page = await documents.search('logster-events', {
    filter: {
      equals: { tenant_id: result.tenant_id, endpoint_id: result.endpoint_id, platform: result.platform },
      range: { timestamp: { from: result.window_start, to: result.window_end } },
    },
    sort: [{ field: 'timestamp', order: 'asc' }],
    limit: MOST_EVENTS,
  });
  const evidence = evidenceOf(result, alert);
  const events = await withEvidence(documents, page.documents.map(storedEvent), result, evidence);
  const shown = new Set(events.map((event) => event.event_id));
  const before = await ancestors(documents, result, events, (id) => evidence.has(id));
  const influence = new Map(result.event_ids.map((id, place) => [id, place + 1]));
  return {
    inference: result,
    alert: alert ?? null,
    techniques: (alert?.techniques ?? []).filter((technique) =>
      technique.evidence.some((id) => shown.has(id)),
    ),
    events: events.map((event) => rowOf(event, evidence, influence.get(event.event_id) ?? null)),
    events_total: page.total,
    process_tree: processTree(events, evidence, before),
  };
}

/** Found through the index, which has the times; read from the store, which has the latest state. */
async function alertHolding(
  { documents, alerts }: { readonly documents: Documents; readonly alerts: AlertStore },
  { inference_id, tenant_id, endpoint_id, platform, window_end }: InferenceResult,
): Promise<Alert | undefined> {
  const { documents: found } = await documents.search('logster-alerts', {
    filter: {
      equals: { tenant_id, endpoint_id, platform },
      range: { last_seen: { from: window_end } },
    },
    sort: [{ field: 'last_seen', order: 'asc' }],
    limit: 20, // alerts of one endpoint hardly overlap: the first one or two decide
  });
  const holding = found.map(storedAlert).find((alert) => alert.inference_ids.includes(inference_id));
  return holding && alerts.get(holding.alert_id);
}

/** Events behind the strongest edges, and those that show a technique. */
function evidenceOf(result: InferenceResult, alert: Alert | undefined): Evidence {
  const evidence = new Map<string, string[]>();
  if (result.prediction === 'attack') {
    for (const { event_id, score } of result.top_edges) if (score >= 0) evidence.set(event_id, []);
  }
  for (const { id, evidence: shownBy } of alert?.techniques ?? []) {
    for (const eventId of shownBy) evidence.set(eventId, [...(evidence.get(eventId) ?? []), id]);
  }
  return evidence;
}

/** Adds the evidence of the window that lies beyond what was read of it. */
async function withEvidence(
  documents: Documents,
  events: readonly NormalizedEvent[],
  result: InferenceResult,
  evidence: Evidence,
): Promise<readonly NormalizedEvent[]> {
  if (events.length < MOST_EVENTS) return events;
  const known = new Set(events.map((event) => event.event_id));
  const missing = [...evidence.keys()].filter((id) => !known.has(id));
  const fetched = await Promise.all(missing.map((id) => documents.get('logster-events', id)));
  const inside = fetched
    .flatMap((document) => (document ? [storedEvent(document)] : []))
    .filter(({ timestamp }) => timestamp >= result.window_start && timestamp < result.window_end);
  return [...events, ...inside].sort((a, b) => a.timestamp - b.timestamp);
}

function rowOf(event: NormalizedEvent, evidence: Evidence, influence: number | null): EventRow {
  const { data } = event;
  return {
    event_id: event.event_id,
    timestamp: event.timestamp,
    event_type: event.event_type,
    source: event.source,
    process: data.image ?? '',
    process_id: data.process_id ?? null,
    user: data.user ?? '',
    what: subjectOf(event),
    evidence: evidence.has(event.event_id),
    techniques: evidence.get(event.event_id) ?? [],
    influence,
  };
}

/** What an event is about, in one line: the thing acted on, else the acting command line. */
export function subjectOf({ event_type, data }: NormalizedEvent): string {
  const address = data.destination_ip ?? data.destination_hostname;
  if (event_type === 'process_create' || event_type === 'process_end') {
    return data.command_line ?? data.image ?? '';
  }
  const named = [
    data.script_text,
    data.target_object === undefined ? undefined : joined(' = ', data.target_object, data.details),
    data.query_name === undefined ? undefined : joined(' → ', data.query_name, data.query_results),
    address === undefined ? undefined : joined(':', address, data.destination_port?.toString()),
    data.image_loaded,
    data.old_filename === undefined ? undefined : joined(' → ', data.old_filename, data.target_filename),
    data.target_filename,
    data.target_image === undefined ? undefined : joined(' ', data.target_image, data.granted_access),
    data.pipe_name,
    data.service_name,
    data.task_name,
    data.share_name,
    data.wmi_name,
    data.target_user,
    data.syscall,
    data.command_line,
  ];
  return named.find((text) => text !== undefined && text !== '') ?? '';
}

function joined(separator: string, ...parts: readonly (string | undefined)[]): string {
  return parts.filter((part) => part !== undefined && part !== '').join(separator);
}
