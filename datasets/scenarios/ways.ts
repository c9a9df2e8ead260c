import { Buffer } from 'node:buffer';
import type { Draw } from './draw.ts';
import type { Place } from './scenario.ts';

/** Another machine and a TCP port on which it answers. */
export interface Remote {
  readonly host: string;
  readonly port: number;
}

/** A drawn machine and port of the place. */
export function remote(draw: Draw, place: Place): Remote {
  return { host: draw.pick(place.peers), port: draw.pick(place.peerPorts) };
}

/** An address that answers a GET with a body that fits the extension. */
export function link(draw: Draw, place: Place, extension: string): string {
  const { host, port } = remote(draw, place);
  const folder = draw.chance(0.5) ? `${draw.word()}/` : '';
  return `http://${host}:${port}/${folder}${draw.word()}${extension}`;
}

/** The lines with the given chance, else none. */
export function maybe(draw: Draw, share: number, ...lines: readonly string[]): readonly string[] {
  return draw.chance(share) ? lines : [];
}

/** The text as one word of a shell. */
export function quote(text: string): string {
  return `'${text.replaceAll("'", "'\\''")}'`;
}

/** The command as root runs it: by sudo where the user is another. */
export function root(place: Place, command: string): string {
  return place.user === 'root' ? command : `sudo -n ${command}`;
}

/** A folder that the user may write, by chance hidden; not made yet. */
export function workFolder(draw: Draw, place: Place): string {
  return draw.pick([
    `/tmp/${draw.word()}`,
    `/var/tmp/${draw.word()}`,
    `/dev/shm/${draw.word()}`,
    `/tmp/.${draw.word()}`,
    `${place.home}/${draw.word()}`,
    `${place.home}/.cache/${draw.word()}`,
    `${place.home}/.local/share/${draw.word()}`,
  ]);
}

/** A path for a new file in a folder that exists. */
export function workFile(draw: Draw, place: Place, extension: string): string {
  return `${draw.pick(['/tmp', '/tmp', '/var/tmp', '/dev/shm', place.home])}/${draw.file(extension)}`;
}

/** A line that writes the body into a file. */
export function write(draw: Draw, path: string, body: string): string {
  const lines = body.split('\n');
  const mark = draw.pick(['EOF', 'END', 'EOT']);
  const way = draw.int(0, 9);
  if (way < 6) return `cat > ${path} << '${mark}'\n${body}\n${mark}`;
  if (way < 7) return `tee ${path} > /dev/null << '${mark}'\n${body}\n${mark}`;
  if (way < 9) return `printf '%s\\n' ${lines.map(quote).join(' ')} > ${path}`;
  return `echo ${Buffer.from(`${body}\n`).toString('base64')} | base64 -d > ${path}`;
}

/** A line that brings what the address answers into a file, by one of several programs. */
export function fetchTo(draw: Draw, from: string, path: string): string {
  const { hostname, port, pathname } = new URL(from);
  return draw.pick([
    `curl -s ${from} -o ${path}`,
    `curl -fsSL -o ${path} ${from}`,
    `curl ${from} > ${path}`,
    `wget -q -O ${path} ${from}`,
    `wget ${from} -O ${path}`,
    `python3 -c "import urllib.request as u; u.urlretrieve('${from}', '${path}')"`,
    `(exec 5<>/dev/tcp/${hostname}/${port}; printf 'GET ${pathname} HTTP/1.0\\r\\nHost: ${hostname}\\r\\n\\r\\n' >&5; timeout 5 sed '1,/^\\r*$/d' <&5 > ${path})`,
    `perl -MIO::Socket::INET -e '$s=IO::Socket::INET->new("${hostname}:${port}") or die; print $s "GET ${pathname} HTTP/1.0\\r\\n\\r\\n"; $b=0; while(<$s>){print if $b; $b=1 if /^\\r?$/}' > ${path}`,
  ]);
}

/** The command left running behind the prompt. */
export function behind(draw: Draw, command: string): string {
  return draw.pick([
    `${command} > /dev/null 2>&1 &`,
    `nohup ${command} > /dev/null 2>&1 &`,
    `setsid ${command} > /dev/null 2>&1 < /dev/null &`,
    `(${command} > /dev/null 2>&1 &)`,
  ]);
}

/** A look around as anyone begins with: some ordinary commands. */
export function look(draw: Draw, count: number): readonly string[] {
  return draw.some(
    [
      'id',
      'whoami',
      'pwd',
      'ls -la',
      'uname -a',
      'hostname',
      'w',
      'df -h',
      'ps aux | head -20',
      'ls',
      'uptime',
      'date',
    ],
    count,
  );
}
