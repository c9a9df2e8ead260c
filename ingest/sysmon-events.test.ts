import { normalizedEventSchema } from '../contracts/event.ts';
import { readSysmon } from './sysmon.ts';
import { rawRecord, readOne, winlogbeat } from './windows-fixtures.ts';

const GUID = '{a837db8d-01bb-5f25-0000-00100e6d0200}';
const OTHER = '{a837db8d-01bb-5f25-0000-00100e6d0299}';
const ACTOR = {
  UtcTime: '2024-10-20 16:58:50.468',
  ProcessGuid: GUID,
  ProcessId: '7',
  Image: 'C:\\a.exe',
  User: 'C\\u',
};
const ACTED = {
  utc_time: '2024-10-20 16:58:50.468',
  process_guid: GUID.slice(1, -1),
  process_id: 7,
  image: 'C:\\a.exe',
  user: 'C\\u',
};
const PAIR = {
  SourceProcessGUID: GUID,
  SourceProcessId: '7',
  SourceImage: 'C:\\a.exe',
  SourceUser: 'C\\u',
  TargetProcessGUID: OTHER,
  TargetProcessId: '8',
  TargetImage: 'C:\\b.exe',
  TargetUser: 'C\\v',
};
const PAIRED = {
  process_guid: GUID.slice(1, -1),
  process_id: 7,
  image: 'C:\\a.exe',
  source_image: 'C:\\a.exe',
  user: 'C\\u',
  target_process_guid: OTHER.slice(1, -1),
  target_process_id: 8,
  target_image: 'C:\\b.exe',
  target_user: 'C\\v',
};

const EVENTS: readonly (readonly [number, string, object, object])[] = [
  [
    2,
    'file_attribute',
    {
      ...ACTOR,
      TargetFilename: 'C:\\f',
      CreationUtcTime: '2019-04-28 02:48:06.835',
      PreviousCreationUtcTime: '2019-05-18 21:11:17.000',
    },
    {
      ...ACTED,
      target_filename: 'C:\\f',
      creation_time: '2019-04-28 02:48:06.835',
      previous_creation_time: '2019-05-18 21:11:17.000',
    },
  ],
  [
    3,
    'network_connect',
    {
      ...ACTOR,
      Protocol: 'tcp',
      Initiated: 'false',
      SourceIp: '192.168.3.5',
      SourcePort: '50452',
      DestinationIp: 'fe80::1',
      DestinationPort: '8080',
      DestinationHostname: '-',
    },
    {
      ...ACTED,
      protocol: 'tcp',
      initiated: false,
      source_ip: '192.168.3.5',
      source_port: 50452,
      destination_ip: 'fe80::1',
      destination_port: 8080,
    },
  ],
  [5, 'process_end', ACTOR, ACTED],
  [
    6,
    'driver_load',
    {
      UtcTime: ACTOR.UtcTime,
      ImageLoaded: 'C:\\d.sys',
      Hashes: 'MD5=AB',
      Signed: 'true',
      Signature: 'M',
      SignatureStatus: 'Valid',
    },
    {
      utc_time: ACTOR.UtcTime,
      image_loaded: 'C:\\d.sys',
      hashes: { md5: 'ab' },
      signed: true,
      signature: 'M',
      signature_status: 'Valid',
    },
  ],
  [
    7,
    'image_load',
    {
      ...ACTOR,
      ImageLoaded: 'C:\\d.dll',
      Hashes: 'SHA256=AB,IMPHASH=00',
      Signed: 'false',
      SignatureStatus: 'Unavailable',
      OriginalFileName: 'D.DLL',
    },
    {
      ...ACTED,
      image_loaded: 'C:\\d.dll',
      hashes: { sha256: 'ab', imphash: '00' },
      signed: false,
      signature_status: 'Unavailable',
      original_file_name: 'D.DLL',
    },
  ],
  [
    8,
    'remote_thread',
    { ...PAIR, StartAddress: '0x00007FFB', StartModule: 'ntdll.dll', StartFunction: 'LoadLibraryA' },
    { ...PAIRED, start_address: '0x00007FFB', start_module: 'ntdll.dll', start_function: 'LoadLibraryA' },
  ],
  [
    9,
    'file_read',
    { ...ACTOR, Device: '\\Device\\HarddiskVolume2' },
    { ...ACTED, device: '\\Device\\HarddiskVolume2' },
  ],
  [
    10,
    'process_access',
    { ...PAIR, SourceThreadId: '44', GrantedAccess: '0x1410', CallTrace: 'ntdll.dll+1|UNKNOWN(0)' },
    { ...PAIRED, thread_id: 44, granted_access: '0x1410', call_trace: 'ntdll.dll+1|UNKNOWN(0)' },
  ],
  [
    11,
    'file_create',
    { ...ACTOR, TargetFilename: 'C:\\f', CreationUtcTime: 't' },
    { ...ACTED, target_filename: 'C:\\f', creation_time: 't' },
  ],
  [
    12,
    'registry_key',
    { ...ACTOR, EventType: 'CreateKey', TargetObject: 'HKLM\\k' },
    { ...ACTED, registry_action: 'CreateKey', target_object: 'HKLM\\k' },
  ],
  [
    13,
    'registry_value',
    { ...ACTOR, EventType: 'SetValue', TargetObject: 'HKLM\\k\\v', Details: 'DWORD (0x00000001)' },
    { ...ACTED, registry_action: 'SetValue', target_object: 'HKLM\\k\\v', details: 'DWORD (0x00000001)' },
  ],
  [
    14,
    'registry_key',
    { ...ACTOR, EventType: 'RenameKey', TargetObject: 'HKLM\\k', NewName: 'HKLM\\l' },
    { ...ACTED, registry_action: 'RenameKey', target_object: 'HKLM\\k', new_name: 'HKLM\\l' },
  ],
  [
    15,
    'file_stream',
    {
      ...ACTOR,
      TargetFilename: 'C:\\f:Zone.Identifier',
      CreationUtcTime: 't',
      Hash: 'MD5=AB',
      Contents: '[ZoneTransfer] ZoneId=3',
    },
    {
      ...ACTED,
      target_filename: 'C:\\f:Zone.Identifier',
      creation_time: 't',
      hashes: { md5: 'ab' },
      contents: '[ZoneTransfer] ZoneId=3',
    },
  ],
  [17, 'pipe', { ...ACTOR, PipeName: '\\p' }, { ...ACTED, pipe_name: '\\p', pipe_action: 'create' }],
  [18, 'pipe', { ...ACTOR, PipeName: '\\p' }, { ...ACTED, pipe_name: '\\p', pipe_action: 'connect' }],
  [
    19,
    'wmi',
    { Operation: 'Created', User: 'C\\u', Name: ' "Updater"', Query: 'SELECT *' },
    { wmi_operation: 'Created', user: 'C\\u', wmi_name: ' "Updater"', wmi_query: 'SELECT *' },
  ],
  [
    20,
    'wmi',
    { Operation: 'Created', User: 'C\\u', Name: 'n', Destination: 'cmd.exe' },
    { wmi_operation: 'Created', user: 'C\\u', wmi_name: 'n', wmi_destination: 'cmd.exe' },
  ],
  [
    21,
    'wmi',
    { Operation: 'Created', User: 'C\\u', Consumer: 'c', Filter: 'f' },
    { wmi_operation: 'Created', user: 'C\\u', wmi_name: 'c', wmi_query: 'f' },
  ],
  [
    22,
    'dns_query',
    { ...ACTOR, QueryName: 'a.test', QueryStatus: '0', QueryResults: '10.0.0.1;' },
    { ...ACTED, query_name: 'a.test', query_status: '0', query_results: '10.0.0.1;' },
  ],
  [
    23,
    'file_delete',
    { ...ACTOR, TargetFilename: 'C:\\f', Hashes: 'MD5=AB' },
    { ...ACTED, target_filename: 'C:\\f', hashes: { md5: 'ab' } },
  ],
  [
    25,
    'process_tamper',
    { ...ACTOR, Type: 'Image is replaced' },
    { ...ACTED, tamper_type: 'Image is replaced' },
  ],
  [26, 'file_delete', { ...ACTOR, TargetFilename: 'C:\\f' }, { ...ACTED, target_filename: 'C:\\f' }],
];

test.each(EVENTS)('Sysmon %i becomes %s', (id, type, fields, data) => {
  const event = readOne(winlogbeat(id, fields));
  expect(event.event_type).toBe(type);
  expect(event.data).toEqual(data);
  expect(event.warnings).toEqual([]);
  expect(normalizedEventSchema.parse(event)).toEqual(event);
});

test.each([
  [4, 'sysmon-service-state'],
  [16, 'sysmon-configuration'],
  [24, 'sysmon-clipboard'],
  [27, 'sysmon-file-block-executable'],
  [28, 'sysmon-file-block-shredding'],
  [29, 'sysmon-file-executable-detected'],
  [255, 'sysmon-error'],
])('Sysmon %i is dropped as %s', (id, reason) => {
  expect(readSysmon(rawRecord(winlogbeat(id, ACTOR)), 0)).toEqual({ ok: false, kind: 'dropped', reason });
});

test('the registry action comes from the message where NXLog wrote over it', () => {
  const event = readOne({
    '@timestamp': '2024-10-20T16:58:51.036Z',
    Hostname: 'h',
    Channel: 'Microsoft-Windows-Sysmon/Operational',
    EventID: 13,
    EventType: 'INFO',
    Image: 'C:\\a.exe',
    TargetObject: 'HKLM\\k',
    Message: 'Registry value set:\r\nEventType: DeleteValue\r\nProcessId: 7\r\nTargetObject: HKLM\\other',
  });
  expect(event.data).toEqual({
    registry_action: 'DeleteValue',
    process_id: 7,
    image: 'C:\\a.exe',
    target_object: 'HKLM\\k',
  });
  expect(event.warnings).toEqual(['fields_from_message']);
});
