import { addressOfFields, readSocketAddress, type SocketAddress } from './auditd-address.ts';
import { type AuditLine, decodeHex } from './auditd-line.ts';
import { textOf, wholeOf } from './syscalls-values.ts';

/** A path that the call met, as its PATH record has it. */
export interface AuditPath {
  readonly item: number;
  readonly name: string | undefined;
  readonly nametype: string; // NORMAL, CREATE, DELETE, PARENT, UNKNOWN
}

/** The records of one audit event, taken apart. */
export interface AuditParts {
  readonly types: ReadonlySet<string>;
  readonly call: ReadonlyMap<string, string> | undefined; // SYSCALL
  readonly argv: readonly string[] | undefined;
  readonly argvComplete: boolean;
  readonly title: string | undefined; // PROCTITLE
  readonly folder: string | undefined; // CWD
  readonly paths: readonly AuditPath[]; // by item
  readonly address: SocketAddress | undefined;
  readonly other: ReadonlyMap<string, ReadonlyMap<string, string>>; // first record of every other type
}

/** The most arguments that are put together; the kernel's 2 MiB hold more only when they are empty. */
const ARGUMENTS = 65_536;

/** Puts the records of one event together, in whatever order they came. A repeated record adds nothing. */
export function partsOf(lines: readonly AuditLine[]): AuditParts {
  const types = new Set<string>();
  const other = new Map<string, ReadonlyMap<string, string>>();
  const paths = new Map<number, AuditPath>();
  const execve: AuditLine[] = [];
  for (const line of lines) {
    types.add(line.type);
    if (line.type === 'PATH') addPath(paths, line.fields);
    else if (line.type === 'EXECVE') execve.push(line);
    else if (!other.has(line.type)) other.set(line.type, line.fields);
  }
  const socket = other.get('SOCKADDR');
  const argv = argvOf(execve);
  return {
    types,
    call: other.get('SYSCALL'),
    argv: argv.args,
    argvComplete: argv.complete,
    title: textOf(other.get('PROCTITLE')?.get('proctitle')) ?? titleOf(lines),
    folder: textOf(other.get('CWD')?.get('cwd')),
    paths: [...paths.values()].sort((a, b) => a.item - b.item),
    address: socket && (addressOfFields(socket) ?? readSocketAddress(socket.get('saddr') ?? '')),
    other,
  };
}

/** The one record in which AUOMS puts a whole event, as the records that it was made of. */
export function partAuoms(line: AuditLine): readonly AuditLine[] {
  const { fields } = line;
  const as = (type: string, named: Readonly<Record<string, string | undefined>>): AuditLine => ({
    ...line,
    type,
    fields: new Map(
      Object.entries(named).filter((entry): entry is [string, string] => entry[1] !== undefined),
    ),
  });
  const lines: AuditLine[] = [{ ...line, type: 'SYSCALL' }];
  const commandLine = fields.get('cmdline');
  if (commandLine !== undefined) lines.push({ ...as('EXECVE', {}), args: [commandLine] });
  if (fields.has('cwd')) lines.push(as('CWD', { cwd: fields.get('cwd') }));
  if (fields.has('saddr')) lines.push(as('SOCKADDR', { saddr: fields.get('saddr') }));
  if (fields.has('proctitle')) lines.push(as('PROCTITLE', { proctitle: fields.get('proctitle') }));
  const names = listOf(fields.get('path_name'));
  const kinds = listOf(fields.get('path_nametype'));
  names.forEach((name, item) => {
    lines.push(as('PATH', { item: String(item), name, nametype: kinds[item] ?? 'UNKNOWN' }));
  });
  return lines;
}

function listOf(text: string | undefined): readonly string[] {
  return text === undefined ? [] : [...text.matchAll(/"([^"]*)"/g)].map((match) => match[1] ?? '');
}

function addPath(paths: Map<number, AuditPath>, fields: ReadonlyMap<string, string>): void {
  const item = wholeOf(fields.get('item')) ?? paths.size;
  if (paths.has(item)) return;
  paths.set(item, { item, name: textOf(fields.get('name')), nametype: fields.get('nametype') ?? 'UNKNOWN' });
}

function titleOf(lines: readonly AuditLine[]): string | undefined {
  const args = lines.find((line) => line.type === 'PROCTITLE')?.args;
  return args === undefined ? undefined : textOf(args.join(' '));
}

interface Argv {
  readonly args: readonly string[] | undefined;
  readonly complete: boolean;
}

/**
 * The arguments of one or several EXECVE records: `aN="…"`, `aN=<hex>`, and a long one as `aN_len=` with its pieces
 * `aN[0]=`, `aN[1]=`, … that may part a character.
 */
function argvOf(lines: readonly AuditLine[]): Argv {
  const listed = lines.find((line) => line.args !== undefined);
  if (listed?.args !== undefined) return { args: listed.args, complete: true };
  if (lines.length === 0) return { args: undefined, complete: false };
  const pieces = new Map<number, string[]>();
  let count: number | undefined;
  for (const { fields } of lines) {
    for (const [key, value] of fields) {
      if (key === 'argc') count ??= wholeOf(value.replace(/^"/, ''));
      const place = /^a(\d{1,5})(?:\[(\d{1,5})\])?$/.exec(key);
      if (place === null) continue;
      const number = Number(place[1]);
      const parts = pieces.get(number) ?? [];
      parts[Number(place[2] ?? 0)] ??= value;
      pieces.set(number, parts);
    }
  }
  const numbers = [...pieces.keys()].sort((a, b) => a - b).slice(0, ARGUMENTS);
  const args = numbers.map((number) => joinPieces(pieces.get(number) ?? []));
  return {
    args: args.length === 0 ? undefined : args,
    complete: count === undefined || args.length >= count,
  };
}

function joinPieces(pieces: readonly string[]): string {
  const given = pieces.filter((piece) => piece !== undefined); // a piece that was lost leaves a hole
  if (given.every((piece) => !piece.startsWith('"'))) {
    const hex = given.join('');
    return decodeHex(hex) ?? hex;
  }
  return given
    .map((piece) => (piece.startsWith('"') ? piece.slice(1).replace(/"$/, '') : (decodeHex(piece) ?? piece)))
    .join('');
}
