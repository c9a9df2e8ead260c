import { readMessage, readScriptMessage } from './windows-message.ts';

test('readMessage() reads Sysmon, values over several lines included', () => {
  const message =
    'Process Create:\r\nRuleName: -\r\nProcessId: 12\r\nCommandLine: powershell "a\nb: c"\r\nUser: CORP\\bo';
  expect(readMessage(message)).toEqual({
    RuleName: '-',
    ProcessId: '12',
    CommandLine: 'powershell "a\nb: c"',
    User: 'CORP\\bo',
  });
});

test('readMessage() lets no later line replace a field', () => {
  expect(readMessage('x:\nImage: real\nCommandLine: a\nImage: false')).toMatchObject({ Image: 'real' });
});

test('readMessage() tells the accounts of a logon apart by their sections', () => {
  const message =
    'An account was successfully logged on.\r\n\r\nSubject:\r\n\tSecurity ID:\t\tS-1-5-18\r\n\tAccount Name:\t\tWS-1$\r\n\r\n' +
    'Logon Information:\r\n\tLogon Type:\t\t3\r\n\r\nNew Logon:\r\n\tAccount Name:\t\tal\r\n\tAccount Domain:\t\tCORP\r\n' +
    '\tLogon ID:\t\t0x9\r\n\r\nNetwork Information:\r\n\tSource Network Address:\t10.0.0.9\r\n';
  expect(readMessage(message)).toEqual({
    SubjectUserSid: 'S-1-5-18',
    SubjectUserName: 'WS-1$',
    LogonType: '3',
    TargetUserName: 'al',
    TargetDomainName: 'CORP',
    TargetLogonId: '0x9',
    IpAddress: '10.0.0.9',
  });
});

test('readMessage() finds nothing in another language or in no message', () => {
  expect(readMessage('Prozesserstellung:\r\nAbbild: C:\\a.exe\r\nBefehlszeile: a')).toEqual({});
  expect(readMessage('プロセスが作成されました。\r\n\r\nプロセス ID:\t0x1')).toEqual({});
  expect(readMessage('')).toEqual({});
  expect(readMessage('__proto__: x\nconstructor: y')).toEqual({});
});

test('readScriptMessage() finds no script in another language', () => {
  expect(
    readScriptMessage('Skriptblocktext wird erstellt (1 von 1):\niex\n\nID des Skriptblocks: 1'),
  ).toEqual({});
});
