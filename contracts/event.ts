import { z } from 'zod';

export const PLATFORMS = ['windows', 'linux'] as const;
export type Platform = (typeof PLATFORMS)[number];

export const SOURCES = ['sysmon', 'auditd', 'ebpf'] as const;
export type Source = (typeof SOURCES)[number];

export const EVENT_TYPES = [
  'process_create',
  'process_end',
  'process_access',
  'process_tamper',
  'remote_thread',
  'image_load',
  'driver_load',
  'file_create',
  'file_write',
  'file_read',
  'file_delete',
  'file_rename',
  'file_attribute',
  'file_stream',
  'registry_key',
  'registry_value',
  'pipe',
  'wmi',
  'dns_query',
  'network_connect',
  'network_accept',
  'network_bind',
  'syscall',
  'script_block',
  'user_auth',
  'service_create',
  'task_create',
  'share_access',
] as const;
export type EventType = (typeof EVENT_TYPES)[number];

/** Tenants and endpoints: what is left after lower-casing is `[a-z0-9._-]`, so `:` can only be the separator. */
export const IDENTIFIER = /^[a-z0-9._-]{1,128}$/;

/**
 * What a parser understood of a record, in snake case; a key is absent rather than null. Which keys an event
 * type carries: `docs/events.md`. The acting process is always `process_*`, `image`, `command_line`, `user`.
 */
export const eventDataSchema = z
  .object({
    // the acting process
    process_id: z.number().int(),
    process_guid: z.string(),
    process_start: z.number(), // epoch seconds, where the source knows it
    thread_id: z.number().int(),
    image: z.string(),
    command_line: z.string(),
    current_directory: z.string(),
    original_file_name: z.string(),
    user: z.string(),
    user_id: z.string(), // SID or uid as text
    login_id: z.string(), // Windows LogonId, Linux auid
    integrity_level: z.string(),
    hashes: z.record(z.string(), z.string()),
    exit_code: z.number(),
    container_id: z.string(),
    parent_process_id: z.number().int(),
    parent_process_guid: z.string(),
    parent_image: z.string(),
    parent_command_line: z.string(),
    // the process acted on (access, remote thread, ptrace, signal)
    source_image: z.string(),
    target_image: z.string(),
    target_process_id: z.number().int(),
    target_process_guid: z.string(),
    granted_access: z.string(),
    call_trace: z.string(),
    start_module: z.string(),
    start_function: z.string(),
    start_address: z.string(),
    // files, modules, pipes
    target_filename: z.string(),
    old_filename: z.string(),
    image_loaded: z.string(),
    signed: z.boolean(),
    signature: z.string(),
    signature_status: z.string(),
    creation_time: z.string(),
    previous_creation_time: z.string(),
    file_flags: z.number(),
    file_mode: z.number(),
    contents: z.string(),
    device: z.string(),
    pipe_name: z.string(),
    pipe_action: z.enum(['create', 'connect']),
    bytes: z.number(),
    // network and names
    protocol: z.string(),
    source_ip: z.string(),
    source_port: z.number().int(),
    destination_ip: z.string(),
    destination_port: z.number().int(),
    destination_hostname: z.string(),
    initiated: z.boolean(),
    query_name: z.string(),
    query_status: z.string(),
    query_results: z.string(),
    // registry, WMI
    registry_action: z.string(),
    target_object: z.string(),
    details: z.string(),
    new_name: z.string(),
    wmi_operation: z.string(),
    wmi_name: z.string(),
    wmi_query: z.string(),
    wmi_destination: z.string(),
    // system calls, scripts
    syscall: z.string(),
    success: z.boolean(),
    exit: z.number(),
    key: z.string(),
    script_text: z.string(),
    script_path: z.string(),
    script_block_id: z.string(),
    // authentication, services, tasks, shares
    auth_action: z.string(),
    auth_result: z.enum(['success', 'failure']),
    auth_type: z.string(), // Windows LogonType, PAM operation
    target_user: z.string(),
    privileges: z.string(),
    terminal: z.string(),
    service_name: z.string(),
    service_start: z.string(),
    task_name: z.string(),
    task_content: z.string(),
    share_name: z.string(),
    access_mask: z.string(),
    tamper_type: z.string(),
    // the source's own clock, kept as data: it is wrong by minutes to days in the field
    utc_time: z.string(),
    rule_name: z.string(),
  })
  .partial();
export type EventData = z.infer<typeof eventDataSchema>;

/** One event of any sensor, as every later stage sees it (Logster reference, section 4). */
export const normalizedEventSchema = z.object({
  schema_version: z.literal(1),
  event_id: z.uuid(),
  tenant_id: z.string().regex(IDENTIFIER),
  endpoint_id: z.string().regex(IDENTIFIER),
  hostname: z.string(),
  platform: z.enum(PLATFORMS),
  source: z.enum(SOURCES),
  event_type: z.enum(EVENT_TYPES),
  timestamp: z.number(), // event time on the endpoint's one clock, epoch seconds
  ingested_at: z.number(), // epoch seconds
  data: eventDataSchema,
  warnings: z.array(z.string()),
  raw_event: z.unknown().optional(), // what arrived; text cut at 64 KiB when it is not JSON or too long
  raw_truncated: z.literal(true).optional(),
});
export type NormalizedEvent = z.infer<typeof normalizedEventSchema>;

/** What a parser gives for one record. `ok: false` is an answer, not an error: it is counted by its reason. */
export type Reading =
  | { readonly ok: true; readonly events: readonly NormalizedEvent[] }
  | {
      readonly ok: false;
      /** `dropped`: understood and of no use here. `dead`: no parser knows it, it goes to dead letters. */
      readonly kind: 'dropped' | 'dead';
      readonly reason: string;
    };

/** The message key that keeps an endpoint's events in order. */
export function endpointKey(tenantId: string, endpointId: string): string {
  return `${tenantId}:${endpointId}`;
}
