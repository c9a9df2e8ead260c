import type { EventType, NormalizedEvent, Platform } from '../../contracts/event.ts';

/** Which events a rule is about. */
export interface Scope {
  readonly platforms: readonly Platform[];
  readonly types: readonly EventType[];
  /** Tells events of these types apart that Sigma counts as different ones. */
  readonly accepts?: ((event: NormalizedEvent) => boolean) | undefined;
}

/** The `logsource` of a rule. */
export interface Logsource {
  readonly product?: string | undefined;
  readonly category?: string | undefined;
  readonly service?: string | undefined;
}

type Kind = Omit<Scope, 'platforms'>;

const registry =
  (...actions: readonly string[]) =>
  ({ data }: NormalizedEvent): boolean =>
    data.registry_action !== undefined && actions.includes(data.registry_action);

/** Sigma's categories (SigmaHQ, "Taxonomy") by the event types that hold them. */
const CATEGORIES: Readonly<Record<string, Kind>> = {
  process_creation: { types: ['process_create'] },
  process_termination: { types: ['process_end'] },
  process_access: { types: ['process_access'] },
  process_tampering: { types: ['process_tamper'] },
  create_remote_thread: { types: ['remote_thread'] },
  image_load: { types: ['image_load'] },
  driver_load: { types: ['driver_load'] },
  file_access: { types: ['file_read'], accepts: ({ data }) => data.device === undefined },
  file_change: { types: ['file_attribute'] },
  file_delete: { types: ['file_delete'] },
  file_rename: { types: ['file_rename'] },
  create_stream_hash: { types: ['file_stream'] },
  raw_access_thread: { types: ['file_read'], accepts: ({ data }) => data.device !== undefined },
  registry_event: { types: ['registry_key', 'registry_value'] },
  registry_set: { types: ['registry_value'] },
  registry_add: { types: ['registry_key'], accepts: registry('CreateKey', 'CreateValue') },
  registry_delete: { types: ['registry_key'], accepts: registry('DeleteKey', 'DeleteValue') },
  registry_rename: { types: ['registry_key'], accepts: registry('RenameKey', 'RenameValue') },
  pipe_created: { types: ['pipe'] },
  wmi_event: { types: ['wmi'] },
  dns_query: { types: ['dns_query'] },
  network_connection: { types: ['network_connect'] },
  ps_script: { types: ['script_block'] },
};

const WINDOWS_SERVICES: Readonly<Record<string, Kind>> = {
  sysmon: {
    types: [
      'process_create',
      'process_end',
      'process_access',
      'process_tamper',
      'remote_thread',
      'image_load',
      'driver_load',
      'file_create',
      'file_read',
      'file_delete',
      'file_attribute',
      'file_stream',
      'registry_key',
      'registry_value',
      'pipe',
      'wmi',
      'dns_query',
      'network_connect',
    ],
  },
  security: {
    types: [
      'user_auth',
      'service_create',
      'task_create',
      'share_access',
      'process_create',
      'process_end',
      'network_connect',
    ],
  },
  system: { types: ['service_create'] },
  powershell: { types: ['script_block'] },
};

/** Everything that a Linux sensor sees: the audit system's rules tell apart by record type and call. */
const LINUX: Kind = {
  types: [
    'process_create',
    'process_end',
    'file_create',
    'file_write',
    'file_read',
    'file_delete',
    'file_rename',
    'file_attribute',
    'network_connect',
    'network_accept',
    'network_bind',
    'dns_query',
    'syscall',
    'user_auth',
  ],
};

const PLATFORMS_OF: Readonly<Record<string, readonly Platform[]>> = {
  windows: ['windows'],
  linux: ['linux'],
};

/** The events of a logsource, or why there are none of it here. */
export function scopeOf({ product, category, service }: Logsource): Scope | { readonly reason: string } {
  const platforms = product === undefined ? (['windows', 'linux'] as const) : PLATFORMS_OF[product];
  if (platforms === undefined) return { reason: `no sensor reads the product ${product}` };
  if (category !== undefined) {
    if (category === 'file_event') return { platforms, types: fileEvents(product) };
    const kind = Object.hasOwn(CATEGORIES, category) ? CATEGORIES[category] : undefined;
    return kind === undefined
      ? { reason: `no sensor reads the category ${category}` }
      : { platforms, ...kind };
  }
  if (service === undefined)
    return product === 'linux'
      ? { platforms, ...LINUX }
      : { reason: 'the logsource names neither category nor service' };
  const kind =
    product === 'linux'
      ? service === 'auditd' || service === 'sysmon'
        ? LINUX
        : undefined
      : Object.hasOwn(WINDOWS_SERVICES, service)
        ? WINDOWS_SERVICES[service]
        : undefined;
  return kind === undefined ? { reason: `no sensor reads the service ${service}` } : { platforms, ...kind };
}

/** Sysmon for Linux reports a file that is opened for writing as created; other Linux sensors tell the two apart. */
function fileEvents(product: string | undefined): readonly EventType[] {
  return product === 'windows' ? ['file_create'] : ['file_create', 'file_write', 'file_rename'];
}
