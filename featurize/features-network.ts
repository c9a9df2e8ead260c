import ipaddr from 'ipaddr.js';
import type { Feature } from './feature-table.ts';
import { coarse, flag, logScale, placesOf } from './feature-table.ts';
import { entropyOf } from './text-features.ts';

/** What processes do with a network peer, in the order of the places of `operations`. */
export const NETWORK_OPS = ['outbound', 'inbound', 'bound', 'resolved'] as const;
export type NetworkOp = (typeof NETWORK_OPS)[number];

/** What is known of a peer beyond counts, as bits. */
export const NETWORK_MARKS = { failed: 1 } as const;

const PORTS: readonly (readonly [string, readonly number[]])[] = [
  ['web', [80, 443, 8080, 8443, 8000, 3128]],
  ['names', [53, 5353, 5355, 137, 853]],
  ['directory', [88, 135, 139, 389, 445, 464, 636, 3268, 3269, 9389]],
  ['remoteControl', [22, 23, 3389, 5900, 5985, 5986, 513, 514, 4899]],
  ['stores', [1433, 1521, 3306, 5432, 6379, 9200, 11211, 27017, 2049, 873]],
  ['housekeeping', [67, 68, 123, 161, 546, 547, 1900, 3702, 5050]],
  ['mail', [25, 110, 143, 465, 587, 993, 995]],
];
const PORT_CLASS = new Map(PORTS.flatMap(([, ports], place) => ports.map((port) => [port, place] as const)));

/** Ports from here on are given out by systems to whoever asks (IANA, RFC 6335: 49152; Linux: 32768). */
export const EPHEMERAL_PORT = 32768;

/** Features of a network peer (address class, port, protocol) or of a name that was resolved. */
export const NETWORK_TABLE = [
  {
    name: 'address',
    unit: '0 or 1 per class: internal, public, group, none',
    reason:
      'inside against outside. Loopback counts as internal: which of the two a test bed uses says nothing of intent',
    width: 4,
  },
  { name: 'version6', unit: '0 or 1', reason: 'IPv6' },
  {
    name: 'port',
    unit: '0 or 1 per class: web, names, directory, remote control, stores, housekeeping, mail',
    reason: 'what kind of conversation it is',
    width: 7,
  },
  { name: 'portOther', unit: '0 or 1', reason: 'a fixed port of no known service: listeners and shells' },
  { name: 'portEphemeral', unit: '0 or 1', reason: 'a port given out by the system' },
  { name: 'protocol', unit: '0 or 1: tcp, udp, other', reason: 'streams against datagrams', width: 3 },
  { name: 'isName', unit: '0 or 1', reason: 'a resolved name rather than a peer' },
  { name: 'nameLength', unit: 'log2 characters, 1 = 64', reason: 'tunnels and generated names are long' },
  { name: 'nameLabels', unit: 'log2 labels, 1 = 8', reason: 'tunnels use many labels' },
  { name: 'nameEntropy', unit: 'bits / 4 - 0.5', reason: 'generated names' },
  { name: 'nameDigits', unit: 'share of characters', reason: 'generated names' },
  { name: 'nameLongest', unit: 'log2 characters of the longest label, 1 = 32', reason: 'data in labels' },
  { name: 'nameLocal', unit: '0 or 1', reason: 'names without a public ending' },
  { name: 'operations', unit: 'share of its events', reason: 'who began the conversation', width: 4 },
  { name: 'marks', unit: '0 or 1', reason: 'refused or not found at least once', width: 1 },
  { name: 'rarity', unit: '1 / log2(1 + processes)', reason: 'what one process alone talks to is telling' },
  { name: 'portSpread', unit: 'log2 ports of the same address, 1 = 64', reason: 'port scans' },
  {
    name: 'addressSpread',
    unit: 'log2 addresses of the same port, 1 = 64',
    reason: 'sweeps and lateral movement',
  },
] as const satisfies readonly Feature[];

const AT = placesOf(NETWORK_TABLE);

/** Where `writeUse` puts what was seen of a peer. */
export const NETWORK_USE = {
  operations: AT.operations,
  count: 4,
  marks: AT.marks,
  bits: 1,
  rarity: AT.rarity,
};

/** Places that need the other peers of the window. */
export const NETWORK_SPREAD = { ports: AT.portSpread, addresses: AT.addressSpread };

/** Writes what a peer's protocol, address and port say. */
export function writePeer(out: Float32Array, protocol: string, address: string, port: number): void {
  out[AT.address + addressClass(address)] = 1;
  out[AT.version6] = flag(address.includes(':'));
  const known = PORT_CLASS.get(port);
  if (known !== undefined) out[AT.port + known] = 1;
  else if (port >= EPHEMERAL_PORT) out[AT.portEphemeral] = 1;
  else if (port > 0) out[AT.portOther] = 1;
  out[AT.protocol + (protocol === 'tcp' ? 0 : protocol === 'udp' ? 1 : 2)] = 1;
}

/** Writes what the shape of a resolved name says; the name itself is not kept. */
export function writeName(out: Float32Array, name: string): void {
  const labels = name.split('.');
  out[AT.isName] = 1;
  out[AT.nameLength] = logScale(name.length, 64);
  out[AT.nameLabels] = logScale(labels.length, 8);
  out[AT.nameEntropy] = coarse(entropyOf(name) / 4 - 0.5);
  out[AT.nameDigits] = coarse((name.match(/\d/g)?.length ?? 0) / Math.max(1, name.length));
  out[AT.nameLongest] = logScale(Math.max(...labels.slice(0, 128).map((label) => label.length)), 32);
  out[AT.nameLocal] = flag(labels.length === 1 || /\.(local|lan|internal|arpa|corp|home)$/.test(name));
}

// internal 0, public 1, group (multicast, broadcast) 2, none or unreadable 3
function addressClass(address: string): number {
  const bare = address.split('%')[0] ?? '';
  if (!ipaddr.isValid(bare)) return 3;
  const range = ipaddr.process(bare).range();
  if (range === 'unicast') return 1;
  if (range === 'multicast' || range === 'broadcast') return 2;
  return range === 'unspecified' ? 3 : 0;
}
