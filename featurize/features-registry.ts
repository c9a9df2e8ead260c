import type { Feature } from './feature-table.ts';
import { logScale, placesOf } from './feature-table.ts';
import { trigrams, writeHashed } from './hash-names.ts';

/** What processes do to registry keys and other settings, in the order of the places of `operations`. */
export const REGISTRY_OPS = [
  'created',
  'deleted',
  'set',
  'valueDeleted',
  'renamed',
  'wmi',
  'service',
  'task',
] as const;
export type RegistryOp = (typeof REGISTRY_OPS)[number];

/** What is known of a key's values beyond counts, as bits. */
export const REGISTRY_MARKS = { program: 1, code: 2, long: 4, number: 8, empty: 16, userPath: 32 } as const;

const CLASSES: readonly (readonly [string, RegExp])[] = [
  [
    'autostart',
    /\\currentversion\\(run|runonce|runservices|policies\\explorer\\run)|\\winlogon\\|\\active setup\\|\\userinit|\\shell folders|\\startupapproved/,
  ],
  ['services', /\\services\\|^service:/],
  ['tasks', /\\schedule\\taskcache|^task:/],
  ['policies', /\\policies\\/],
  ['lsa', /\\control\\(lsa|securityproviders)|\\sam\\|^hklm\\security|\\wdigest/],
  [
    'defences',
    /windows defender|\\firewallpolicy|\\amsi|\\eventlog\\|\\wevt|\\scriptblocklogging|\\system\\audit|safer\\|\\smartscreen/,
  ],
  [
    'hijack',
    /image file execution options|\\appcertdlls|appinit_dlls|\\inprocserver32|\\localserver32|\\shell\\open\\command|silentprocessexit|\\print\\monitors|\\netsh|\\knowndlls|\\treatas|\\command processor|\\environment\\/,
  ],
  ['wmi', /\\wbem\\|^wmi:/],
  ['network', /\\tcpip\\|\\internet settings|\\networklist|\\dhcp|\\terminal server|\\portproxy|\\lanman/],
  ['office', /\\office\\|\\trustrecords|\\vba/],
  ['classes', /^hkcr\\|\\software\\classes\\|\\clsid\\/],
  [
    'traces',
    /\\userassist|\\recentdocs|\\bam\\|\\muicache|\\bags|\\appcompat|\\mountpoints|\\typedpaths|\\wordwheelquery|\\explorer\\/,
  ],
  ['certificates', /\\systemcertificates\\|\\cryptography\\/],
];

const WORDS = 12;

/** Features of a registry key prefix, and of services, tasks and WMI subscriptions set there. */
export const REGISTRY_TABLE = [
  {
    name: 'nameHash',
    unit: 'signed hash of trigrams of the last part',
    reason: 'tells keys apart; 12 places keep a dozen trigrams apart',
    width: WORDS,
  },
  {
    name: 'hive',
    unit: '0 or 1: machine, user, classes, other',
    reason: 'whom a setting concerns',
    width: 4,
  },
  {
    name: 'class',
    unit: `0 or 1: ${CLASSES.map(([name]) => name).join(', ')}`,
    reason: 'what a setting is for',
    width: 13,
  },
  { name: 'depth', unit: 'log2 parts of the key, 1 = 8', reason: 'settings lie deep' },
  { name: 'operations', unit: 'share of its events', reason: 'what was done', width: 8 },
  {
    name: 'marks',
    unit: '0 or 1 each',
    reason:
      'value names a program, holds code, is long, is a number, is empty, points into a user or temporary folder',
    width: 6,
  },
  { name: 'rarity', unit: '1 / log2(1 + processes)', reason: 'what one process alone sets is telling' },
] as const satisfies readonly Feature[];

const AT = placesOf(REGISTRY_TABLE);

/** Where `writeUse` puts what was seen of a key. */
export const REGISTRY_USE = {
  operations: AT.operations,
  count: 8,
  marks: AT.marks,
  bits: 6,
  rarity: AT.rarity,
};

/** Registry keys are folded to this many parts: the places of one setting group behave alike. */
export const REGISTRY_DEPTH = 5;

/** A key with one spelling per hive, without user ids and control set numbers. */
export function plainKey(object: string): string {
  return object
    .toLowerCase()
    .replace(/^\\registry\\machine/, 'hklm')
    .replace(/^\\registry\\user/, 'hku')
    .replace(/^hkey_local_machine/, 'hklm')
    .replace(/^hkey_users/, 'hku')
    .replace(/^hkey_current_user/, 'hku\\*')
    .replace(/^hkcu/, 'hku\\*')
    .replace(/^hkey_classes_root/, 'hkcr')
    .replace(/^hku\\(s-1-[\d-]+|\.default)/, 'hku\\*')
    .replace(/\\(controlset\d+|currentcontrolset)\\/, '\\currentcontrolset\\')
    .replace(/\{[0-9a-f-]{30,40}\}/g, '{}')
    .replace(/\d{3,}/g, '#');
}

/** Places in the class list that a plain key belongs to, as bits. */
export function registryClasses(key: string): number {
  let bits = 0;
  for (let i = 0; i < CLASSES.length; i++) if (CLASSES[i]?.[1].test(key)) bits |= 1 << i;
  return bits;
}

/** The folded form of a plain key: its classes (taken from the whole of it) and its first parts. */
export function foldKey(key: string): string {
  return `${registryClasses(key)}|${key.split('\\', REGISTRY_DEPTH).join('\\')}`;
}

/** Writes what a folded key says. */
export function writeKey(out: Float32Array, folded: string): void {
  const bar = folded.indexOf('|');
  const classes = Number(folded.slice(0, bar));
  const key = folded.slice(bar + 1);
  const parts = key.split('\\');
  writeHashed(out, AT.nameHash, WORDS, trigrams(parts.at(-1) ?? ''));
  const hive = ['hklm', 'hku', 'hkcr'].indexOf(parts[0] ?? '');
  out[AT.hive + (hive < 0 ? 3 : hive)] = 1;
  for (let i = 0; i < CLASSES.length; i++) out[AT.class + i] = (classes >> i) & 1;
  out[AT.depth] = logScale(parts.length, 8);
}

/** What a value says, as bits of `REGISTRY_MARKS`. */
export function registryMarks(details: string): number {
  const text = details.toLowerCase();
  const { program, code, long, number, empty, userPath } = REGISTRY_MARKS;
  return (
    (/\.(exe|dll|sys|scr|com|cpl)\b/.test(text) ? program : 0) |
    (/powershell|cmd\s*\/c|javascript:|vbscript:|mshta|rundll32|regsvr32|wscript|frombase64|[a-z0-9+/]{60}/.test(
      text,
    )
      ? code
      : 0) |
    (text.length > 200 ? long : 0) | // a setting's own text is shorter than this; payloads are not
    (/^(d|q)word\b/.test(text) ? number : 0) |
    (text === '' || text === '(empty)' ? empty : 0) |
    (/\\users\\|\\temp\\|%temp%|%appdata%|%public%|\\programdata\\/.test(text) ? userPath : 0)
  );
}
