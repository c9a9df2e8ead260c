import type { Platform } from '../contracts/event.ts';
import type { Feature } from './feature-table.ts';
import { coarse, logScale, placesOf } from './feature-table.ts';
import { trigrams, writeHashed } from './hash-names.ts';
import { baseName } from './image-class.ts';
import { plainPath, writeLocation } from './location.ts';
import { entropyOf } from './text-features.ts';

/** What processes do to files, in the order of the places of `operations`. */
export const FILE_OPS = [
  'executed',
  'loaded',
  'created',
  'written',
  'read',
  'deleted',
  'renamed',
  'attribute',
  'stream',
] as const;
export type FileOp = (typeof FILE_OPS)[number];

/** What is known of a file beyond counts, as bits. */
export const FILE_MARKS = {
  signed: 1,
  unsigned: 2,
  badSignature: 4,
  dropped: 8,
  newExtension: 16,
  setuid: 32,
} as const;

const CLASSES = [
  ['executable', /\.(exe|com|scr|cpl|msi|elf|run|appimage|bin)$/],
  ['library', /\.(dll|ocx|sys|drv|so|ko|mui)(\.\d+)*$/],
  [
    'scriptFile',
    /\.(ps1|psm1|psd1|bat|cmd|vbs|vbe|js|jse|wsf|hta|sh|bash|py|pl|rb|php|jsp|aspx?|ashx|sct|lua)$/,
  ],
  ['document', /\.(docx?m?|xlsx?m?|pptx?m?|pdf|rtf|txt|csv|odt|jpe?g|png|md)$/],
  ['archive', /\.(zip|7z|rar|tar|t?gz|bz2|xz|cab|iso|img|vhdx?|lnk)$/],
  ['settings', /\.(ini|conf|cfg|xml|json|ya?ml|toml|reg|inf|config|manifest)$|^\/etc\//],
  ['record', /\.(log|evtx|etl|db|sqlite3?|mdb|edb|pf|journal|tmp|dat|dmp|mdmp)$|^\/var\/log\//],
  ['pipe', /^pipe:/],
] as const satisfies readonly (readonly [string, RegExp])[];

const PLACES = [
  [
    'startup',
    /\/start menu\/programs\/startup|\/windows\/system32\/tasks\/|\/etc\/(cron|init|systemd|profile|rc|ld\.so|pam\.d|sudoers|xdg\/autostart|update-motd)|\/var\/spool\/cron|\/\.(bashrc|bash_profile|profile|zshrc)|\/autostart\/|\/systemd\/(system|user)\/|^service:|^task:/,
  ],
  [
    'secrets',
    /\/config\/(sam|security|system)$|ntds\.dit|\/etc\/(g?shadow|passwd|sudoers)|\/\.ssh\/|id_(rsa|dsa|ecdsa|ed25519)|login data|logins\.json|key[34]\.db|\/microsoft\/(protect|credentials|vault)\/|\/\.(aws|kube|docker|gnupg|netrc|pgpass)|lsass.*dmp|\/proc\/[^/]+\/(mem|maps|environ)$|wallet|\.kdbx$/,
  ],
  ['webRoot', /\/inetpub\/|\/wwwroot\/|\/var\/www\/|\/htdocs\/|\/webapps\/|\/srv\/http/],
  ['logs', /\/winevt\/logs|\/var\/log\/|\.evtx$|wtmp|btmp|lastlog|_history$/],
  [
    'remoteControl',
    /^pipe:.*(psexe|msagent|postex|status_|mojo|svcctl|samr|lsarpc|netlogon|atsvc|winreg|spoolss|srvsvc|wkssvc|paexec|remcom|csexec|gruntsvc)/,
  ],
] as const satisfies readonly (readonly [string, RegExp])[];

const NAME_WIDTH = 12;

/** Features of a file, library, device or pipe. */
export const FILE_TABLE = [
  {
    name: 'nameHash',
    unit: 'signed hash of trigrams',
    reason:
      'tells tools and system parts apart without keeping a name; 12 places keep a dozen trigrams apart',
    width: NAME_WIDTH,
  },
  {
    name: 'depth',
    unit: 'log2 folders, 1 = 8',
    reason: 'system and cache files lie deep, dropped ones shallow',
  },
  { name: 'nameLength', unit: 'log2 characters, 1 = 32', reason: 'generated names are long or very short' },
  { name: 'nameEntropy', unit: 'bits / 4 - 0.5', reason: 'random names' },
  { name: 'nameDigits', unit: 'share of characters', reason: 'generated names' },
  { name: 'doubleExtension', unit: '0 or 1', reason: 'a document name before an executable ending' },
  {
    name: 'location',
    unit: '0 or 1 per class',
    reason: 'where a file lies says who may put it there',
    width: 7,
  },
  { name: 'kind', unit: '0 or 1 per class', reason: 'what its ending says it is', width: 8 },
  {
    name: 'purpose',
    unit: '0 or 1 per class',
    reason: 'start-up place, secrets, web root, logs, control pipes',
    width: 5,
  },
  { name: 'folder', unit: '0 or 1', reason: 'stands for several ordinary files that were only read' },
  { name: 'operations', unit: 'share of its events', reason: 'what was done to it', width: 9 },
  {
    name: 'marks',
    unit: '0 or 1 each',
    reason:
      'signed, unsigned, invalid signature, written before it was run, ending changed by a rename, made set-uid',
    width: 6,
  },
  { name: 'rarity', unit: '1 / log2(1 + processes)', reason: 'what one process alone touches is telling' },
] as const satisfies readonly Feature[];

const AT = placesOf(FILE_TABLE);

/** Where `writeUse` puts what was seen of a file. */
export const FILE_USE = { operations: AT.operations, count: 9, marks: AT.marks, bits: 6, rarity: AT.rarity };

/** Writes what a file's path alone says. A path that ends in `/*` stands for a folder. */
export function writeFile(out: Float32Array, platform: Platform, path: string): void {
  const plain = plainPath(path);
  const name = baseName(plain);
  const stem = name.replace(/\.[^.]*$/, '') || name;
  const folder = name === '*';
  writeHashed(out, AT.nameHash, NAME_WIDTH, folder ? [] : trigrams(name));
  out[AT.depth] = logScale(plain.split('/').length - 1, 8);
  if (!folder) {
    out[AT.nameLength] = logScale(stem.length, 32);
    out[AT.nameEntropy] = coarse(entropyOf(stem) / 4 - 0.5);
    out[AT.nameDigits] = coarse((stem.match(/\d/g)?.length ?? 0) / Math.max(1, stem.length));
    out[AT.doubleExtension] = /\.(docx?|xlsx?|pdf|txt|jpe?g|png|zip|csv)\.[a-z0-9]{2,5}$/.test(name) ? 1 : 0;
  }
  writeLocation(out, AT.location, platform, plain);
  CLASSES.forEach(([, rule], i) => {
    out[AT.kind + i] = rule.test(plain) ? 1 : 0;
  });
  PLACES.forEach(([, rule], i) => {
    out[AT.purpose + i] = rule.test(plain) ? 1 : 0;
  });
  out[AT.folder] = folder ? 1 : 0;
}

/** Whether reading this file by itself says something, so that it keeps a node of its own. */
export function isTelling(path: string): boolean {
  const plain = plainPath(path);
  return PLACES.some(([, rule]) => rule.test(plain)) || /\/\.[^./]/.test(plain) || plain.startsWith('/tmp/');
}
