import { createServer, type IncomingMessage, type ServerResponse, request as send } from 'node:http';
import type { AddressInfo } from 'node:net';

/**
 * What happens to a request: it goes on to the server behind; it goes on and its answer is lost on the way back; it
 * is never answered; or it is answered here, with JSON or, from a text, with that text.
 */
export type Turn =
  | 'forward'
  | 'lose-answer'
  | 'never'
  | {
      readonly status: number;
      readonly body: string | object;
      readonly headers?: Readonly<Record<string, string>>;
    };

export interface Seen {
  readonly method: string;
  readonly path: string; // with its query
  readonly authorization: string | undefined;
}

export interface Between {
  readonly url: string;
  /** Every request that arrived, in order. */
  readonly seen: readonly Seen[];
  close(): Promise<void>;
}

/** An HTTP server for tests, before another one or alone, that decides on every request by what it has seen. */
export async function between(options: {
  readonly behind?: string;
  readonly decide: (request: Seen, seen: readonly Seen[]) => Turn;
  readonly rewrite?: (path: string) => string;
}): Promise<Between> {
  const { behind = 'http://127.0.0.1:1', decide, rewrite = (path) => path } = options;
  const seen: Seen[] = [];
  const server = createServer((request, response) => {
    const { method = 'GET', url = '/' } = request;
    const one = { method, path: url, authorization: request.headers.authorization };
    seen.push(one);
    const turn = decide(one, seen);
    if (turn === 'forward' || turn === 'lose-answer') {
      forward(new URL(rewrite(url), behind), request, response, turn === 'lose-answer');
    } else if (turn !== 'never') {
      const text = typeof turn.body === 'string' ? turn.body : JSON.stringify(turn.body);
      request.resume().on('end', () => response.writeHead(turn.status, turn.headers).end(text));
    }
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    seen,
    close: async () => {
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}

function forward(to: URL, request: IncomingMessage, response: ServerResponse, lose: boolean): void {
  const headers = { ...request.headers, host: to.host };
  const onward = send(to, { method: request.method, headers }, (answer) => {
    if (lose) {
      answer.resume().on('end', () => response.destroy());
      return;
    }
    response.writeHead(answer.statusCode ?? 502, answer.headers);
    answer.pipe(response);
  });
  onward.on('error', () => response.destroy());
  request.pipe(onward);
}
