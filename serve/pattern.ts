import ipaddr from 'ipaddr.js';
import type { Platform } from '../contracts/event.ts';
import type { ScoredWindow } from './messages.ts';

/** Words of a command line that stand for it, and characters of any name. */
const SCRIPT_WORDS = 4;
const NAME_CHARACTERS = 60;

/** From here on systems give out ports by themselves (Linux's standard): the number says nothing. */
const FIRST_EPHEMERAL_PORT = 32_768;

type Edge = ScoredWindow['top_edges'][number];

/**
 * What carried a window's score, in words that are the same when the same kind of thing happens again, on whatever
 * endpoint: its strongest edge, or without one its strongest node, with what changes from run to run as `#`, such as
 * `cron → backup.sh: spawned process`. Only an explained score says what carried it; of any other the answer is ''.
 */
export function patternOf(window: ScoredWindow): string {
  if (window.explained_by !== 'gradient') return ''; // attention tells where a network looked, not what it found
  const [edge] = window.top_edges;
  if (edge && edge.score > 0) {
    const equals = window.top_edges.filter(({ score }) => score === edge.score);
    return equals.map((one) => edgePattern(window.platform, one)).sort()[0] ?? ''; // ties lie in any order
  }
  const [node] = window.top_nodes;
  if (!node || node.score <= 0) return '';
  return `${nameOf(window.platform, node.type, node.label)}: ${node.type}`;
}

function edgePattern(platform: Platform, { source, relation, target }: Edge): string {
  const type = relation.slice(relation.lastIndexOf(' ') + 1); // `relationName` ends in the target's type
  return `${nameOf(platform, 'process', source)} → ${nameOf(platform, type, target)}: ${relation}`;
}

function nameOf(platform: Platform, type: string, label: string): string {
  const plain = label.replace(/\p{Cc}+/gu, ' ').trim();
  const name = NAMES[type]?.(plain) ?? fileName(plain);
  const cased = platform === 'windows' ? name.toLowerCase() : name;
  return cased.slice(0, NAME_CHARACTERS) || '?';
}

const NAMES: Readonly<Record<string, (label: string) => string>> = {
  process: (label) => folded(label.replace(/ \(\d+\)$/, '')), // its number
  script: commandLine,
  network: peerName,
  registry: (label) => label.split('\\').map(folded).join('\\'),
  syscall: (label) => label,
};

/** The base name; with its folder where nothing is left of it. */
function fileName(path: string): string {
  const parts = path.split(/[/\\]/).filter((part) => part !== '');
  const last = folded(parts.at(-1) ?? path);
  const above = parts.at(-2);
  return above !== undefined && /^[#*.]+$/.test(last) ? `${folded(above)}/${last}` : last;
}

/** The first words, since what follows are mostly the particulars: paths by their last part, addresses by their class. */
function commandLine(text: string): string {
  const words = text.match(/"[^"]*"?|\S+/g) ?? []; // a path in quotes is one word
  return words
    .slice(0, SCRIPT_WORDS)
    .map((word) => commandWord(word.replaceAll('"', '')))
    .join(' ')
    .trim();
}

/** Two separators, or one backslash: `/v` is an option, and what has `//` is an address of the web. */
const PATH = /^(?!.*\/\/)(?=.*\\|.*\/.*\/)/;
const ADDRESS = /\b\d{1,3}(?:\.\d{1,3}){3}\b/g;

function commandWord(word: string): string {
  const classed = word.replace(ADDRESS, (address) => addressClass(address) ?? '#');
  if (classed !== word) return folded(classed);
  return PATH.test(word) ? fileName(word) : folded(word);
}

/** `address:port/protocol`, or a name that was resolved. */
function peerName(label: string): string {
  const [, address = '', port = ''] = /^\[?(.*?)\]?:(\d+)\/\w*$/.exec(label) ?? [];
  const range = addressClass(address);
  if (range === undefined) return folded(label);
  return `${range}:${Number(port) < FIRST_EPHEMERAL_PORT ? port : '#'}`;
}

const INTERNAL = ['private', 'uniqueLocal', 'carrierGradeNat'];

function addressClass(address: string): string | undefined {
  if (!ipaddr.isValid(address)) return undefined;
  const range = ipaddr.process(address).range();
  if (range === 'unicast') return 'public';
  return INTERNAL.includes(range) ? 'private' : range;
}

const GUID = /\{?[0-9a-f]{8}-(?:[0-9a-f]{4}-){3}[0-9a-f]{12}\}?/gi;

/** A name without what a program makes anew each time: ids, numbers, versions, random parts. */
function folded(name: string): string {
  return name
    .replace(GUID, '#')
    .replace(/[\p{L}\p{N}]+/gu, foldedPart)
    .replace(/#(?:[-_.#]*#)+/g, '#'); // 10.0.19041-3 is one thing, not four
}

function foldedPart(part: string): string {
  if (/^(?=.*\d)[0-9a-f]{8,}$/i.test(part) || isRandom(part)) return '#';
  return part.replace(/\d+/g, (digits) => (BITS.has(digits) ? digits : '#'));
}

/** Widths that belong to names: rundll32, base64, x86. */
const BITS: ReadonlySet<string> = new Set(['32', '64', '86']);

/**
 * Whether people would hardly have chosen it: six or more characters in which digits and letters alternate, or
 * capitals stand where no word begins, or consonants follow one another as in no language.
 */
function isRandom(part: string): boolean {
  if (part.length < 6) return false;
  const spelled = part.replace(/32|64|86/g, '');
  const alternations = spelled.match(/\d(?=\p{L})|\p{L}(?=\d)/gu)?.length ?? 0;
  if (alternations >= 2) return true;
  const humps = spelled.match(/\p{Ll}(?=\p{Lu})/gu)?.length ?? 0;
  if (humps >= 2 && spelled.length / (humps + 1) < 3) return true;
  return /[bcdfghjklmnpqrstvwxz]{7}/i.test(spelled);
}
