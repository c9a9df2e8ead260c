/** The peer or own end of a socket call. */
export interface SocketAddress {
  readonly family: 'inet' | 'inet6' | 'unix' | 'other';
  readonly address?: string; // dotted or with colons
  readonly port?: number;
  readonly path?: string; // of a unix socket, `@…` when abstract
}

const AF_UNIX = 1;
const AF_INET = 2;
const AF_INET6 = 10;

/** Longest `sun_path` (unix(7)). */
const PATH_BYTES = 108;

/**
 * Decodes `saddr`, the hex of a `struct sockaddr`: the family in the host's byte order, then port and address in the
 * network's (ip(7), ipv6(7), unix(7)). Also reads what `ausearch -i` makes of it. Bytes after a unix path's NUL were
 * never written and are not looked at. Undefined when it is neither.
 */
export function readSocketAddress(saddr: string): SocketAddress | undefined {
  if (/^[0-9A-Fa-f]{4,512}$/.test(saddr) && saddr.length % 2 === 0) return ofBytes(Buffer.from(saddr, 'hex'));
  if (saddr.length > 512) return undefined;
  const family = /(?:saddr_fam|fam)=([\w-]+)|^(local|unix|inet6?|netlink|packet)\b/.exec(saddr);
  const named = familyOf(family?.[1] ?? family?.[2] ?? '');
  if (named === undefined) return undefined;
  if (named === 'unix') return withPath(/(?:path=|^(?:local|unix) )([^ }]+)/.exec(saddr)?.[1]);
  const address = /(?:laddr=|host:|addr=)([^ }]+)/.exec(saddr)?.[1];
  const port = /(?:lport=|serv:|port=)(\d{1,5})/.exec(saddr)?.[1];
  return inet(named, address, port === undefined ? undefined : Number(port));
}

/** The address from fields that were decoded already: `saddr_fam`, `laddr`, `lport`, `path`. */
export function addressOfFields(fields: ReadonlyMap<string, string>): SocketAddress | undefined {
  const family = familyOf(fields.get('saddr_fam') ?? '');
  if (family === undefined) return undefined;
  if (family === 'unix') return withPath(fields.get('path'));
  const port = fields.get('lport');
  return inet(family, fields.get('laddr'), port === undefined ? undefined : Number(port));
}

/** The family by the name that sensors give it: `inet`, `AF_INET6`, `ipv4`, `local`. */
export function familyOf(name: string): SocketAddress['family'] | undefined {
  const plain = name.toLowerCase().replace(/^af_/, '');
  if (plain === 'inet' || plain === 'ipv4') return 'inet';
  if (plain === 'inet6' || plain === 'ipv6') return 'inet6';
  if (plain === 'unix' || plain === 'local') return 'unix';
  return plain === '' ? undefined : 'other';
}

function ofBytes(bytes: Buffer): SocketAddress | undefined {
  const little = bytes.readUInt16LE(0);
  const family = little > 255 ? bytes.readUInt16BE(0) : little; // big-endian hosts write 0002
  if (family === AF_UNIX) return withPath(unixPath(bytes));
  if (family === AF_INET && bytes.length >= 8) {
    return { family: 'inet', port: bytes.readUInt16BE(2), address: [...bytes.subarray(4, 8)].join('.') };
  }
  if (family === AF_INET6 && bytes.length >= 24) {
    return { family: 'inet6', port: bytes.readUInt16BE(2), address: colons(bytes.subarray(8, 24)) };
  }
  return { family: 'other' };
}

function unixPath(bytes: Buffer): string | undefined {
  const path = bytes.subarray(2, 2 + PATH_BYTES);
  const isAbstract = path[0] === 0;
  const name = isAbstract ? path.subarray(1) : path;
  const end = name.indexOf(0);
  const text = name.subarray(0, end < 0 ? name.length : end).toString('utf8');
  return text === '' ? undefined : isAbstract ? `@${text}` : text;
}

/** The shortest spelling (RFC 5952); an IPv4 address in IPv6 clothes is an IPv4 address. */
function colons(bytes: Buffer): string {
  if (bytes.subarray(0, 10).every((byte) => byte === 0) && bytes.readUInt16BE(10) === 0xffff) {
    return [...bytes.subarray(12)].join('.');
  }
  const groups = Array.from({ length: 8 }, (_, place) => bytes.readUInt16BE(place * 2).toString(16)).join(
    ':',
  );
  const zeros = [...groups.matchAll(/(?:^|:)0(?::0)+(?=:|$)/g)].map(([run]) => run);
  const longest = zeros.reduce((a, b) => (b.length > a.length ? b : a), '');
  return longest === '' ? groups : groups.replace(longest, ':').replace(/^:(?!:)|(?<!:):$/, '::');
}

function withPath(path: string | undefined): SocketAddress {
  return path === undefined || path === '' ? { family: 'unix' } : { family: 'unix', path };
}

function inet(
  family: SocketAddress['family'],
  address: string | undefined,
  port: number | undefined,
): SocketAddress {
  return {
    family,
    ...(address !== undefined && { address }),
    ...(port !== undefined && Number.isInteger(port) && port >= 0 && port <= 65_535 && { port }),
  };
}
