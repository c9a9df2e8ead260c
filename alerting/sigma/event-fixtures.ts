import type { EventData, EventType, NormalizedEvent, Platform } from '../../contracts/event.ts';
import { compileRules } from './load-rules.ts';
import { evaluateRules } from './techniques.ts';

let made = 0;

/** An event of the given type for tests; each has another id. */
export function eventOf(platform: Platform, event_type: EventType, data: EventData): NormalizedEvent {
  return {
    schema_version: 1,
    event_id: `00000000-0000-4000-8000-${String(made++).padStart(12, '0')}`,
    tenant_id: 'acme',
    endpoint_id: 'pc-1',
    hostname: 'pc-1',
    platform,
    source: platform === 'windows' ? 'sysmon' : 'auditd',
    event_type,
    timestamp: 1_700_000_000,
    ingested_at: 1_700_000_000,
    data,
    warnings: [],
  };
}

/** A rule over Windows processes with the given detection, as YAML. */
export function ruleText(
  detection: string,
  logsource = 'product: windows\n  category: process_creation',
): string {
  const indented = detection.trim().replace(/^/gm, '  ');
  return `title: test\nlevel: high\ntags: [attack.t1059.001]\nlogsource:\n  ${logsource}\ndetection:\n${indented}\n`;
}

/** Whether a detection fires on a process with these data; throws with the reason when the rule is refused. */
export function fires(detection: string, data: EventData): boolean {
  const rules = compileRules([{ file: 'test.yml', text: ruleText(detection) }]);
  const [refused] = rules.refused;
  if (refused !== undefined) throw new Error(refused.reason);
  return evaluateRules(rules, [eventOf('windows', 'process_create', data)]).length > 0;
}

/** Why a rule is refused; undefined when it is not. */
export function refusal(text: string): string | undefined {
  return compileRules([{ file: 'test.yml', text }]).refused[0]?.reason;
}
