/**
 * The other machines of a session: a process in the session's network, outside what is recorded. Arguments: a seed,
 * addresses and ports, comma-separated. On every one of them it answers HTTP with generated content, echoes other
 * bytes, and types ordinary commands at a client that stays silent, as a person at a remote shell would.
 */
import { createServer, type Socket } from 'node:net';
import { gzipSync } from 'node:zlib';
import { type Draw, drawFrom } from '../scenarios/draw.ts';
import { randomOf } from './random-of.ts';

const SILENT_MS = 1_500;
const PROMPT = /[$#>] $|job control/;
const LONGEST_BODY = 200_000;

const TYPED = [
  'id',
  'uname -a',
  'whoami',
  'pwd',
  'ls -la',
  'ls /home',
  'cat /etc/passwd',
  'cat /etc/os-release',
  'ps aux | head -20',
  'df -h',
  'ip addr 2>/dev/null | head',
  'env | head -5',
  'hostname',
  'w',
  'ls /var/www /opt /srv 2>/dev/null',
  'date',
  'free -m',
  'ls -t /tmp | head',
  'crontab -l',
  'echo $SHELL',
];

function answerHttp(socket: Socket, head: string, draw: Draw): void {
  const [method = 'GET', path = '/'] = head.split(' ');
  const body =
    method === 'HEAD' || method === 'POST' || method === 'PUT'
      ? Buffer.from('{"ok":true}\n')
      : bodyOf(path, draw);
  socket.end(
    Buffer.concat([
      Buffer.from(
        `HTTP/1.1 200 OK\r\nContent-Length: ${body.length}\r\nContent-Type: application/octet-stream\r\nConnection: close\r\n\r\n`,
      ),
      method === 'HEAD' ? Buffer.alloc(0) : body,
    ]),
  );
}

function bodyOf(path: string, draw: Draw): Buffer {
  const plain = path.split('?')[0] ?? '';
  const words = (count: number): string => Array.from({ length: count }, draw.word).join(' ');
  if (/\.(sh|bash)$/.test(plain) || /install|setup|get$/.test(plain))
    return Buffer.from(
      `#!/bin/sh\necho "${words(3)}"\nuname -s\nmkdir -p "\${HOME:-/tmp}/.local/share/${draw.word()}"\nsleep ${draw.int(1, 5)}\ndate > "\${HOME:-/tmp}/.local/share/${draw.word()}.txt"\n`,
    );
  if (plain.endsWith('.py'))
    return Buffer.from(
      `import os, time\nprint(os.getcwd(), ${JSON.stringify(words(2))})\ntime.sleep(${draw.int(1, 4)})\n`,
    );
  if (/\.(tar\.gz|tgz)$/.test(plain))
    return tarball(
      draw.word(),
      Array.from({ length: draw.int(2, 6) }, () => [draw.file('.txt'), `${words(40)}\n`]),
    );
  if (/\.(html?|txt|md|csv|conf)$/.test(plain) || plain.endsWith('/'))
    return Buffer.from(`${words(draw.int(20, 400))}\n`);
  if (/\.json$/.test(plain) || plain.includes('api'))
    return Buffer.from(
      `${JSON.stringify(Array.from({ length: draw.int(1, 30) }, (_, id) => ({ id, name: draw.word(), value: draw.int(0, 999) })))}\n`,
    );
  return Buffer.from(Array.from({ length: draw.int(1_000, LONGEST_BODY) }, () => draw.int(0, 255)));
}

/** A gzip-compressed archive (POSIX ustar, IEEE Std 1003.1) of small text files in one folder. */
function tarball(folder: string, files: readonly (readonly string[])[]): Buffer {
  const parts = files.flatMap(([name = '', text = '']) => {
    const body = Buffer.from(text);
    const head = Buffer.alloc(512);
    head.write(`${folder}/${name}`.slice(0, 99), 0);
    const field = (value: number, place: number, width: number): void => {
      head.write(`${value.toString(8).padStart(width - 1, '0')}\0`, place);
    };
    field(0o644, 100, 8);
    field(0, 108, 8);
    field(0, 116, 8);
    field(body.length, 124, 12);
    field(Math.floor(Date.now() / 1000), 136, 12);
    head.write('        0', 148);
    head.write('ustar\0' + '00', 257);
    const sum = head.reduce((total, byte) => total + byte, 0);
    head.write(`${sum.toString(8).padStart(6, '0')}\0 `, 148);
    return [head, body, Buffer.alloc((512 - (body.length % 512)) % 512)];
  });
  return gzipSync(Buffer.concat([...parts, Buffer.alloc(1024)]));
}

function typeAt(socket: Socket, draw: Draw): void {
  const lines = draw.some(TYPED, draw.int(4, 12));
  const next = (place: number): void => {
    if (socket.destroyed) return;
    if (place === lines.length) socket.end(draw.chance(0.5) ? 'exit\n' : '');
    else {
      socket.write(`${lines[place]}\n`);
      setTimeout(next, draw.int(1_000, 4_000), place + 1);
    }
  };
  next(0);
}

function serveOne(socket: Socket, draw: Draw): void {
  let spoken = false;
  socket.on('error', () => socket.destroy()); // the other end may go at any time
  const silence = setTimeout(() => {
    if (!spoken) typeAt(socket, draw);
    spoken = true;
  }, SILENT_MS);
  socket.once('close', () => clearTimeout(silence));
  socket.on('data', (data) => {
    const head = data.toString('latin1', 0, 200);
    const isHttp = /^(GET|HEAD|POST|PUT|DELETE|OPTIONS) /.test(head);
    const isPrompt = PROMPT.test(head); // a shell that hears its own words would say them without end
    if (!spoken && isHttp) answerAfterBody(socket, data, draw);
    else if (!spoken && isPrompt) typeAt(socket, draw);
    else if (!spoken) socket.write(data);
    spoken ||= isHttp || isPrompt;
  });
}

/** A client that sends a body wants it read before the answer. */
function answerAfterBody(socket: Socket, first: Buffer, draw: Draw): void {
  const text = first.toString('latin1');
  if (/expect: 100-continue/i.test(text)) socket.write('HTTP/1.1 100 Continue\r\n\r\n');
  const length = Number(/content-length: (\d+)/i.exec(text)?.[1] ?? 0);
  let missing = length - (first.length - text.indexOf('\r\n\r\n') - 4);
  const answer = (): void => answerHttp(socket, text, draw);
  if (missing <= 0) {
    answer();
    return;
  }
  socket.on('data', (more: Buffer) => {
    missing -= more.length;
    if (missing <= 0 && !socket.writableEnded) answer();
  });
}

const [seed = '1', addresses = '', ports = ''] = process.argv.slice(2);
const draw = drawFrom(randomOf(Number(seed)));
for (const address of addresses.split(','))
  for (const port of ports.split(','))
    createServer((socket) => serveOne(socket, draw)).listen(Number(port), address);
