import { normalizedEventSchema } from '../contracts/event.ts';
import { readSysmon } from './sysmon.ts';
import { rawRecord, readOne, winlogbeat } from './windows-fixtures.ts';

const SUBJECT = {
  SubjectUserSid: 'S-1-5-21-1',
  SubjectUserName: 'bo',
  SubjectDomainName: 'CORP',
  SubjectLogonId: '0xc61d9',
};
const BY = { user: 'CORP\\bo', user_id: 'S-1-5-21-1', login_id: '0xc61d9' };
const security = (id: number, data: object) =>
  winlogbeat(id, { ...SUBJECT, ...data }, { channel: 'Security' });
const LOGON = {
  TargetUserSid: 'S-1-5-21-2',
  TargetUserName: 'al',
  TargetDomainName: 'CORP',
  TargetLogonId: '0x5fcbe0',
  LogonType: '3',
  WorkstationName: 'WS-1',
  ProcessId: '0x0',
  ProcessName: '-',
  IpAddress: 'fe80::1',
  IpPort: '65465',
};
const LOGGED = {
  ...BY,
  target_user: 'CORP\\al',
  auth_type: '3',
  terminal: 'WS-1',
  process_id: 0,
  source_ip: 'fe80::1',
  source_port: 65465,
};
const PROCESS = {
  NewProcessId: '0xcd0',
  NewProcessName: 'C:\\w.exe',
  CommandLine: 'w cl',
  ProcessId: '0xc8c',
  ParentProcessName: 'C:\\p.exe',
  MandatoryLabel: 'S-1-16-12288',
};
const CREATED = {
  process_id: 0xcd0,
  image: 'C:\\w.exe',
  command_line: 'w cl',
  parent_process_id: 0xc8c,
  parent_image: 'C:\\p.exe',
  integrity_level: 'High',
};
const NOBODY = { TargetUserSid: 'S-1-0-0', TargetUserName: '-', TargetDomainName: '-', TargetLogonId: '0x0' };

const EVENTS: readonly (readonly [string, object, string, object])[] = [
  ['4688', security(4688, { ...PROCESS, ...NOBODY }), 'process_create', { ...BY, ...CREATED }],
  [
    '4688 as another account',
    security(4688, {
      ...PROCESS,
      TargetUserSid: 'S-1-5-20',
      TargetUserName: 'al',
      TargetDomainName: 'CORP',
      TargetLogonId: '0x9',
    }),
    'process_create',
    { ...CREATED, user: 'CORP\\al', user_id: 'S-1-5-20', login_id: '0x9' },
  ],
  [
    '4689',
    security(4689, { ProcessId: '0x1410', ProcessName: 'C:\\w.exe', Status: '0x1' }),
    'process_end',
    { ...BY, process_id: 0x1410, image: 'C:\\w.exe', exit_code: 1 },
  ],
  [
    '4624',
    security(4624, LOGON),
    'user_auth',
    { ...LOGGED, login_id: '0x5fcbe0', auth_action: 'logon', auth_result: 'success' },
  ],
  [
    '4625',
    security(4625, { ...LOGON, TargetLogonId: undefined }),
    'user_auth',
    { ...LOGGED, auth_action: 'logon', auth_result: 'failure' },
  ],
  [
    '4648',
    security(4648, {
      TargetUserName: 'al',
      TargetDomainName: 'CORP',
      ProcessId: '0x378',
      ProcessName: 'C:\\w.exe',
      IpAddress: '-',
      IpPort: '-',
    }),
    'user_auth',
    {
      ...BY,
      target_user: 'CORP\\al',
      process_id: 0x378,
      image: 'C:\\w.exe',
      auth_action: 'explicit_credentials',
      auth_result: 'success',
    },
  ],
  [
    '4672',
    security(4672, { PrivilegeList: 'SeTcbPrivilege\r\n\t\t\tSeDebugPrivilege' }),
    'user_auth',
    {
      ...BY,
      privileges: 'SeTcbPrivilege SeDebugPrivilege',
      auth_action: 'special_privileges',
      auth_result: 'success',
    },
  ],
  [
    '4697',
    security(4697, {
      ServiceName: 'tbb',
      ServiceFileName: '%COMSPEC% /c x',
      ServiceStartType: '3',
      ServiceAccount: 'LocalSystem',
      ClientProcessId: '6116',
    }),
    'service_create',
    {
      ...BY,
      service_name: 'tbb',
      target_filename: '%COMSPEC% /c x',
      service_start: 'demand',
      target_user: 'LocalSystem',
      process_id: 6116,
    },
  ],
  [
    '4698',
    security(4698, { TaskName: '\\t', TaskContent: '&lt;Task&gt;&lt;/Task&gt;' }),
    'task_create',
    { ...BY, task_name: '\\t', task_content: '<Task></Task>' },
  ],
  [
    '5140',
    security(5140, {
      ShareName: '\\\\*\\SYSVOL',
      IpAddress: 'fe80::1',
      IpPort: '58466',
      AccessMask: '0x1',
      ShareLocalPath: null,
    }),
    'share_access',
    { ...BY, share_name: '\\\\*\\SYSVOL', source_ip: 'fe80::1', source_port: 58466, access_mask: '0x1' },
  ],
  [
    '5145',
    security(5145, {
      ShareName: '\\\\*\\ADMIN$',
      RelativeTargetName: 'b.exe',
      IpAddress: '::1',
      IpPort: '1',
      AccessMask: '0x80',
    }),
    'share_access',
    {
      ...BY,
      share_name: '\\\\*\\ADMIN$',
      target_filename: 'b.exe',
      source_ip: '::1',
      source_port: 1,
      access_mask: '0x80',
    },
  ],
  [
    '5156 outbound',
    security(5156, {
      ProcessID: '3288',
      Application: '\\device\\x\\dns.exe',
      Direction: '%%14593',
      SourceAddress: '10.0.0.4',
      SourcePort: '55990',
      DestAddress: '10.0.0.9',
      DestPort: '53',
      Protocol: '17',
    }),
    'network_connect',
    {
      process_id: 3288,
      image: '\\device\\x\\dns.exe',
      protocol: 'udp',
      initiated: true,
      source_ip: '10.0.0.4',
      source_port: 55990,
      destination_ip: '10.0.0.9',
      destination_port: 53,
    },
  ],
  [
    '5156 inbound, where the other end is the source',
    security(5156, {
      ProcessID: '4',
      Application: 'System',
      Direction: '%%14592',
      SourceAddress: '10.0.0.4',
      SourcePort: '445',
      DestAddress: '10.0.0.9',
      DestPort: '50000',
      Protocol: '6',
    }),
    'network_connect',
    {
      process_id: 4,
      image: 'System',
      protocol: 'tcp',
      initiated: false,
      source_ip: '10.0.0.9',
      source_port: 50000,
      destination_ip: '10.0.0.4',
      destination_port: 445,
    },
  ],
  [
    '7045',
    winlogbeat(
      7045,
      { ServiceName: 's', ImagePath: 'C:\\s.exe', StartType: 'auto start', AccountName: 'LocalSystem' },
      { channel: 'System' },
    ),
    'service_create',
    { service_name: 's', target_filename: 'C:\\s.exe', service_start: 'auto', target_user: 'LocalSystem' },
  ],
  [
    '4104',
    winlogbeat(
      4104,
      {
        MessageNumber: '1',
        MessageTotal: '1',
        ScriptBlockText: 'iex $x',
        ScriptBlockId: 'd0cf707e',
        Path: '',
      },
      {
        channel: 'Microsoft-Windows-PowerShell/Operational',
        process: { pid: 8716 },
        user: { identifier: 'S-1-5-21-3', name: 'al', domain: 'CORP' },
      },
    ),
    'script_block',
    {
      script_text: 'iex $x',
      script_block_id: 'd0cf707e',
      process_id: 8716,
      user: 'CORP\\al',
      user_id: 'S-1-5-21-3',
    },
  ],
];

test.each(EVENTS)('Windows %s is read', (_id, line, type, data) => {
  const event = readOne(line);
  expect(event).toMatchObject({ platform: 'windows', source: 'sysmon', event_type: type, warnings: [] });
  expect(event.data).toEqual(data);
  expect(normalizedEventSchema.parse(event)).toEqual(event);
});

test.each([
  [4703, 'Security', 'security-event-not-used'],
  [4658, 'security', 'security-event-not-used'],
  [7036, 'System', 'system-event-not-used'],
  [4103, 'Microsoft-Windows-PowerShell/Operational', 'powershell-event-not-used'],
  [1000, 'Application', 'channel-not-used'],
])('event %i of %s is dropped as %s', (id, channel, reason) => {
  const line = winlogbeat(id, { ProcessId: '0x1' }, { channel });
  expect(readSysmon(rawRecord(line), 0)).toEqual({ ok: false, kind: 'dropped', reason });
});

const flat = (EventID: number, Channel: string, Message: string, more: object = {}) => ({
  '@timestamp': '2024-10-20T16:58:51.036Z',
  Hostname: 'h',
  Channel,
  EventID,
  Message,
  ...more,
});

test('the creator of 4688 comes from the message where NXLog left it out', () => {
  const message =
    'A new process has been created.\r\n\r\nCreator Subject:\r\n\tSecurity ID:\t\tS-1-5-18\r\n\tAccount Name:\t\tWS-1$\r\n' +
    '\tAccount Domain:\t\tCORP\r\n\tLogon ID:\t\t0x3E7\r\n\r\nTarget Subject:\r\n\tSecurity ID:\t\tS-1-0-0\r\n' +
    '\tAccount Name:\t\t-\r\n\r\nProcess Information:\r\n\tNew Process ID:\t\t0x9d4\r\n\tNew Process Name:\tC:\\w.exe\r\n' +
    '\tCreator Process ID:\t0x3a0\r\n\tProcess Command Line:\tw cl';
  const fields = {
    ProcessID: 4,
    NewProcessId: '0x9d4',
    NewProcessName: 'C:\\w.exe',
    SubjectUserName: 'WS-1$',
    SubjectDomainName: 'CORP',
  };
  expect(readOne(flat(4688, 'Security', message, fields)).data).toMatchObject({
    process_id: 0x9d4,
    parent_process_id: 0x3a0,
  });
  expect(readOne(flat(4688, 'Security', message))).toMatchObject({
    data: {
      process_id: 0x9d4,
      image: 'C:\\w.exe',
      command_line: 'w cl',
      parent_process_id: 0x3a0,
      user: 'CORP\\WS-1$',
    },
    warnings: ['fields_from_message'],
  });
});

test('the process of 5156 is never the one that NXLog calls ProcessID', () => {
  const fields = {
    ProcessID: 4,
    Application: 'a',
    Direction: '%%14593',
    SourceAddress: '::',
    SourcePort: '1',
  };
  expect(
    readOne(flat(5156, 'Security', 'Application Information:\r\n\tProcess ID:\t\t3288', fields)).data
      .process_id,
  ).toBe(3288);
  expect(
    readOne(flat(5156, 'Security', 'Anwendungsinformationen:\r\n\tProzess-ID:\t\t3288', fields)).data
      .process_id,
  ).toBeUndefined();
});

test('a script block inside a message is found with its lines', () => {
  const message =
    'Creating Scriptblock text (1 of 1):\r\n$a = 1\r\nPath: x\r\n\r\nScriptBlock ID: d0cf707e\r\nPath: C:\\s.ps1';
  expect(readOne(flat(4104, 'Microsoft-Windows-PowerShell/Operational', message)).data).toMatchObject({
    script_text: '$a = 1\r\nPath: x',
    script_block_id: 'd0cf707e',
    script_path: 'C:\\s.ps1',
  });
});

test('a message in another language that must carry the event is a named reason', () => {
  const reading = readSysmon(
    rawRecord(flat(7045, 'System', 'Ein Dienst wurde im System installiert.\r\n\r\nDienstname:  npf')),
    0,
  );
  expect(reading).toEqual({ ok: false, kind: 'dead', reason: 'message-not-understood' });
});
