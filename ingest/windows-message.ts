/** More lines than any event's message has; what follows is not read. */
const MOST_LINES = 400;

/** A message is cut here before it is read; Windows itself ends them at 31,839 characters. */
const LONGEST = 64 * 1024;

/** Sysmon writes its field names as labels. All of them, so that an unused one ends the value before it. */
const SYSMON_LABELS: ReadonlySet<string> = new Set(
  `RuleName UtcTime ProcessGuid ProcessId Image FileVersion Description Product Company OriginalFileName
  CommandLine CurrentDirectory User LogonGuid LogonId TerminalSessionId IntegrityLevel Hashes Hash Contents
  ParentProcessGuid ParentProcessId ParentImage ParentCommandLine ParentUser TargetFilename CreationUtcTime
  PreviousCreationUtcTime Protocol Initiated SourceIsIpv6 SourceIp SourceHostname SourcePort SourcePortName
  DestinationIsIpv6 DestinationIp DestinationHostname DestinationPort DestinationPortName ImageLoaded Signed
  Signature SignatureStatus SourceProcessGuid SourceProcessGUID SourceProcessId SourceThreadId SourceImage
  TargetProcessGuid TargetProcessGUID TargetProcessId TargetImage NewThreadId StartAddress StartModule
  StartFunction GrantedAccess CallTrace SourceUser TargetUser Device EventType TargetObject Details NewName
  PipeName Operation EventNamespace Name Query Type Destination Consumer Filter QueryName QueryStatus
  QueryResults IsExecutable Archived Session ClientInfo State Version SchemaVersion Configuration
  ConfigurationFileHash ID`.split(/\s+/),
);

/** Labels of the Security and System channels, and the event field that holds the same value. */
const LABELS: ReadonlyMap<string, string> = new Map([
  ['New Process ID', 'NewProcessId'],
  ['New Process Name', 'NewProcessName'],
  ['Creator Process ID', 'ProcessId'],
  ['Creator Process Name', 'ParentProcessName'],
  ['Process Command Line', 'CommandLine'],
  ['Mandatory Label', 'MandatoryLabel'],
  ['Process ID', 'ProcessId'],
  ['Process Name', 'ProcessName'],
  ['Caller Process ID', 'ProcessId'],
  ['Caller Process Name', 'ProcessName'],
  ['Exit Status', 'Status'],
  ['Logon Type', 'LogonType'],
  ['Source Network Address', 'IpAddress'],
  ['Network Address', 'IpAddress'],
  ['Workstation Name', 'WorkstationName'],
  ['Privileges', 'PrivilegeList'],
  ['Service Name', 'ServiceName'],
  ['Service File Name', 'ServiceFileName'],
  ['Service Type', 'ServiceType'],
  ['Service Start Type', 'ServiceStartType'],
  ['Service Account', 'ServiceAccount'],
  ['Task Name', 'TaskName'],
  ['Task Content', 'TaskContent'],
  ['Share Name', 'ShareName'],
  ['Relative Target Name', 'RelativeTargetName'],
  ['Access Mask', 'AccessMask'],
  ['Application Name', 'Application'],
  ['Direction', 'Direction'],
  ['Source Address', 'SourceAddress'],
  ['Source Port', 'SourcePort'],
  ['Destination Address', 'DestAddress'],
  ['Destination Port', 'DestPort'],
  ['Protocol', 'Protocol'],
]);

/** Who a section of a Security message speaks of, as the fields' common beginning. */
const SECTIONS: ReadonlyMap<string, string> = new Map([
  ['Subject', 'Subject'],
  ['Creator Subject', 'Subject'],
  ['New Logon', 'Target'],
  ['Target Subject', 'Target'],
  ['Account For Which Logon Failed', 'Target'],
  ['Account Whose Credentials Were Used', 'Target'],
]);

/** What is said of an account, as the fields' common end. */
const ACCOUNT: ReadonlyMap<string, string> = new Map([
  ['Security ID', 'UserSid'],
  ['Account Name', 'UserName'],
  ['Account Domain', 'DomainName'],
  ['Logon ID', 'LogonId'],
]);

/**
 * The fields inside an event's rendered text, for shippers that send nothing else: `Key: value` lines for
 * Sysmon, sections of `Label:\tvalue` lines for the Security channel. Text in another language, or another
 * text altogether, gives no fields. The first mention of a field counts.
 */
export function readMessage(message: string): Readonly<Record<string, string>> {
  const fields: Record<string, string> = Object.create(null);
  let section = '';
  let last = '';
  for (const line of message.slice(0, LONGEST).split(/\r?\n/, MOST_LINES)) {
    const colon = line.indexOf(':');
    const label = colon < 0 ? '' : line.slice(0, colon).trim();
    const value = colon < 0 ? '' : line.slice(colon + 1).trim();
    const field = fieldOf(label, section);
    if (field !== undefined) {
      last = field in fields ? '' : field;
      if (last !== '') fields[field] = value;
    } else if (value === '' && colon > 0 && !line.startsWith('\t')) {
      section = SECTIONS.get(label) ?? '';
      last = '';
    } else if (last !== '' && line.trim() !== '') {
      fields[last] = `${fields[last]}\n${line.trim()}`;
    }
  }
  return fields;
}

function fieldOf(label: string, section: string): string | undefined {
  if (SYSMON_LABELS.has(label)) return label;
  const known = LABELS.get(label);
  if (known !== undefined) return known;
  const end = ACCOUNT.get(label);
  return end === undefined || section === '' ? undefined : section + end;
}

/** The script inside the rendered text of PowerShell's event 4104, with its id and path. */
export function readScriptMessage(message: string): Readonly<Record<string, string>> {
  const fields: Record<string, string> = Object.create(null);
  const firstLine = message.indexOf('\n');
  const end = message.lastIndexOf('\nScriptBlock ID:');
  if (firstLine < 0 || end <= firstLine) return fields;
  fields.ScriptBlockText = message.slice(firstLine + 1, end).trimEnd();
  for (const line of message.slice(end + 1, end + LONGEST).split(/\r?\n/, 2)) {
    const colon = line.indexOf(':');
    fields[line.startsWith('Path') ? 'Path' : 'ScriptBlockId'] = line.slice(colon + 1).trim();
  }
  return fields;
}
