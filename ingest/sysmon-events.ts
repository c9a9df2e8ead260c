import { type EventRule, event, has } from './event-rule.ts';
import { constant, type Fields, flag, guid, hashes, integer, rule, text } from './windows-values.ts';

const COMMON = [rule('utc_time', text, 'UtcTime'), rule('rule_name', text, 'RuleName')];

/** The process that acted, as most events name it. */
const ACTOR = [
  rule('process_guid', guid, 'ProcessGuid', 'ProcessGUID'),
  rule('process_id', integer, 'ProcessId'),
  rule('image', text, 'Image'),
  rule('user', text, 'User'),
  ...COMMON,
];

/** The process that acted and the one it acted on, in events 8 and 10. */
const ACTOR_AND_TARGET = [
  rule('process_guid', guid, 'SourceProcessGUID', 'SourceProcessGuid'),
  rule('process_id', integer, 'SourceProcessId'),
  rule('image', text, 'SourceImage'),
  rule('source_image', text, 'SourceImage'),
  rule('user', text, 'SourceUser', 'User'),
  rule('target_process_guid', guid, 'TargetProcessGUID', 'TargetProcessGuid'),
  rule('target_process_id', integer, 'TargetProcessId'),
  rule('target_image', text, 'TargetImage'),
  rule('target_user', text, 'TargetUser'),
  ...COMMON,
];

const CREATED = [
  ...ACTOR,
  rule('command_line', text, 'CommandLine'),
  rule('current_directory', text, 'CurrentDirectory'),
  rule('original_file_name', text, 'OriginalFileName'),
  rule('login_id', text, 'LogonId'),
  rule('integrity_level', text, 'IntegrityLevel'),
  rule('hashes', hashes, 'Hashes'),
  rule('parent_process_guid', guid, 'ParentProcessGuid', 'ParentProcessGUID'),
  rule('parent_process_id', integer, 'ParentProcessId'),
  rule('parent_image', text, 'ParentImage'),
  rule('parent_command_line', text, 'ParentCommandLine'),
];

const CONNECTED = [
  ...ACTOR,
  rule('protocol', text, 'Protocol'),
  rule('initiated', flag, 'Initiated'),
  rule('source_ip', text, 'SourceIp'),
  rule('source_port', integer, 'SourcePort'),
  rule('destination_ip', text, 'DestinationIp'),
  rule('destination_port', integer, 'DestinationPort'),
  rule('destination_hostname', text, 'DestinationHostname'),
];

const MODULE = [
  rule('image_loaded', text, 'ImageLoaded'),
  rule('hashes', hashes, 'Hashes'),
  rule('signed', flag, 'Signed'),
  rule('signature', text, 'Signature'),
  rule('signature_status', text, 'SignatureStatus'),
];

/** NXLog writes its own `EventType` (INFO, ERROR, …) over Sysmon's, which then stands in the message alone. */
const REGISTRY_ACTIONS: ReadonlyMap<unknown, string> = new Map(
  ['CreateKey', 'DeleteKey', 'RenameKey', 'SetValue', 'DeleteValue', 'CreateValue', 'RenameValue'].map(
    (name) => [name, name],
  ),
);
const REGISTRY = [
  ...ACTOR,
  rule('registry_action', (value) => REGISTRY_ACTIONS.get(value), 'EventType'),
  rule('target_object', text, 'TargetObject'),
];

const FILE = [...ACTOR, rule('target_filename', text, 'TargetFilename')];
const DELETED = [...FILE, rule('hashes', hashes, 'Hashes')];
const PIPE = [...ACTOR, rule('pipe_name', text, 'PipeName')];
const WMI = [
  rule('user', text, 'User'),
  rule('wmi_operation', text, 'Operation'),
  rule('wmi_name', text, 'Name', 'Consumer'),
  rule('wmi_query', text, 'Query', 'Filter'),
  rule('wmi_destination', text, 'Destination'),
  ...COMMON,
];

/** NXLog leaves out `ProcessId`, which it takes for the `ProcessID` of its own. */
const ACTS = has('ProcessId');
const REGISTERS = (fields: Fields): boolean => ACTS(fields) && REGISTRY_ACTIONS.has(fields.EventType);

/**
 * Sysmon's event ids (learn.microsoft.com/sysinternals/downloads/sysmon). A binding of WMI (21) has no name and
 * no query: its consumer stands in `wmi_name` and its filter in `wmi_query`. In 3, source is who connected.
 */
export const SYSMON_EVENTS: ReadonlyMap<number, EventRule> = new Map<number, EventRule>([
  [1, event('process_create', ACTS, CREATED)],
  [
    2,
    event('file_attribute', ACTS, [
      ...FILE,
      rule('creation_time', text, 'CreationUtcTime'),
      rule('previous_creation_time', text, 'PreviousCreationUtcTime'),
    ]),
  ],
  [3, event('network_connect', ACTS, CONNECTED)],
  [5, event('process_end', ACTS, ACTOR)],
  [6, event('driver_load', has('ImageLoaded'), [...MODULE, ...COMMON])],
  [7, event('image_load', ACTS, [...ACTOR, ...MODULE, rule('original_file_name', text, 'OriginalFileName')])],
  [
    8,
    event('remote_thread', has('SourceProcessId'), [
      ...ACTOR_AND_TARGET,
      rule('start_address', text, 'StartAddress'),
      rule('start_module', text, 'StartModule'),
      rule('start_function', text, 'StartFunction'),
    ]),
  ],
  [9, event('file_read', ACTS, [...ACTOR, rule('device', text, 'Device')])],
  [
    10,
    event('process_access', has('SourceProcessId'), [
      ...ACTOR_AND_TARGET,
      rule('thread_id', integer, 'SourceThreadId'),
      rule('granted_access', text, 'GrantedAccess'),
      rule('call_trace', text, 'CallTrace'),
    ]),
  ],
  [11, event('file_create', ACTS, [...FILE, rule('creation_time', text, 'CreationUtcTime')])],
  [12, event('registry_key', REGISTERS, REGISTRY)],
  [13, event('registry_value', REGISTERS, [...REGISTRY, rule('details', text, 'Details')])],
  [14, event('registry_key', REGISTERS, [...REGISTRY, rule('new_name', text, 'NewName')])],
  [
    15,
    event('file_stream', ACTS, [
      ...FILE,
      rule('creation_time', text, 'CreationUtcTime'),
      rule('hashes', hashes, 'Hash', 'Hashes'),
      rule('contents', text, 'Contents'),
    ]),
  ],
  [17, event('pipe', ACTS, [...PIPE, constant('pipe_action', 'create')])],
  [18, event('pipe', ACTS, [...PIPE, constant('pipe_action', 'connect')])],
  [19, event('wmi', has('Operation'), WMI)],
  [20, event('wmi', has('Operation'), WMI)],
  [21, event('wmi', has('Operation'), WMI)],
  [
    22,
    event('dns_query', ACTS, [
      ...ACTOR,
      rule('query_name', text, 'QueryName'),
      rule('query_status', text, 'QueryStatus'),
      rule('query_results', text, 'QueryResults'),
    ]),
  ],
  [23, event('file_delete', ACTS, DELETED)],
  [25, event('process_tamper', ACTS, [...ACTOR, rule('tamper_type', text, 'Type')])],
  [26, event('file_delete', ACTS, DELETED)],
]);

/** Sysmon's other ids, by the reason under which they are dropped. */
export const SYSMON_NOT_USED: ReadonlyMap<number, string> = new Map([
  [4, 'sysmon-service-state'],
  [16, 'sysmon-configuration'],
  [24, 'sysmon-clipboard'],
  [27, 'sysmon-file-block-executable'],
  [28, 'sysmon-file-block-shredding'],
  [29, 'sysmon-file-executable-detected'],
  [255, 'sysmon-error'],
]);
