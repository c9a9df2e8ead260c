import { createServer, type IncomingMessage, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';

type Respond = (status: number, body: object) => void;

/** For tests: a server that answers each request as Elasticsearch would, with a status and a body. */
export async function listening(
  answer: (request: IncomingMessage, respond: Respond) => void,
): Promise<Server> {
  const server = createServer((request, response) =>
    answer(request, (status, body) => {
      response.writeHead(status, {
        'content-type': 'application/vnd.elasticsearch+json;compatible-with=8',
        'x-elastic-product': 'Elasticsearch',
      });
      response.end(JSON.stringify(body));
    }),
  );
  await new Promise<void>((done) => server.listen(0, '127.0.0.1', done));
  return server;
}

/** For tests: ends a server and its connections. */
export async function closed(server: Server): Promise<void> {
  server.closeAllConnections();
  await new Promise((done) => server.close(done));
}

type Meddling = 'busy-first' | undefined;
type Meddle = (path: string, body: string, method: string) => Meddling | Promise<Meddling>;

/** For tests: hands requests on to a real server; on `busy-first` it leaves out the first item and answers 429 for it. */
export async function proxyTo(node: string, meddle: Meddle = () => undefined) {
  const onward = createServer(async (request, response) => {
    const chunks: Buffer[] = [];
    for await (const chunk of request) chunks.push(chunk as Buffer);
    const body = Buffer.concat(chunks).toString();
    const path = request.url ?? '/';
    const method = request.method ?? 'GET';
    const busy = (await meddle(path, body, method)) === 'busy-first';
    const sent = busy ? body.split('\n').slice(2).join('\n') : body;
    const { host: _, 'content-length': __, connection: ___, ...headers } = request.headers;
    const answer = await fetch(new URL(path, node), {
      method,
      headers: { ...(headers as Record<string, string>), 'accept-encoding': 'identity' },
      ...(sent !== '' && { body: sent }),
    });
    let text = await answer.text();
    if (busy) {
      const { items, ...rest } = JSON.parse(text) as { items: object[] };
      const full = { type: 'es_rejected_execution_exception', reason: 'the queue is full' };
      text = JSON.stringify({ ...rest, items: [{ create: { status: 429, error: full } }, ...items] });
    }
    response.writeHead(answer.status, {
      'content-type': answer.headers.get('content-type') ?? 'application/json',
      'x-elastic-product': answer.headers.get('x-elastic-product') ?? '',
    });
    response.end(text);
  });
  let port = 0;
  const listen = async () => {
    await new Promise<void>((done) => onward.listen(port, '127.0.0.1', done));
    port = (onward.address() as AddressInfo).port;
  };
  await listen();
  return { address: `http://127.0.0.1:${port}`, listen, close: () => closed(onward) };
}
