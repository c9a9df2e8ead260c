import { readFileSync } from 'node:fs';
import type { PoolConfig } from 'pg';
import { LogsterError, reasonOf } from '../../contracts/errors.ts';

export interface PostgresAddress {
  readonly url: string; // postgres://user:password@host:port/database
  /** Where the tables lie; one database may hold several Logsters. */
  readonly schema: string;
  /** Absent: not encrypted. The server's certificate is checked unless `rejectUnauthorized` is false. */
  readonly tls?: PostgresTls;
}

export interface PostgresTls {
  readonly caFile?: string; // PEM of who signed the server's certificate; absent: those that Node trusts
  readonly rejectUnauthorized?: boolean;
}

/** Where a server is, as `pg` wants it and as messages may show it: without user and password. */
export interface PostgresServer {
  readonly connection: PoolConfig;
  readonly name: string; // host:port/database
}

/** Reads the address. Throws `config-invalid`; what the address says in secret is in no message. */
export function postgresServer({ url, schema, tls }: PostgresAddress): PostgresServer {
  if (!SCHEMA_NAME.test(schema))
    throw new LogsterError(
      'config-invalid',
      `No schema of PostgreSQL for Logster may be called ${schema}: ${NAMING}`,
    );
  const { hostname, port, username, password, pathname, search } = parsed(url);
  const database = pathname.slice(1);
  if (!hostname || !username || !database) throw unusable('it lacks a host, a user or a database');
  if (search)
    throw unusable('it ends in options; take away what follows the question mark and set `tls` for TLS');
  const host = hostname.replace(/^\[|\]$/g, ''); // IPv6 stands in brackets
  const portNumber = port === '' ? 5432 : Number(port);
  return {
    name: `${hostname}:${portNumber}/${database}`,
    connection: {
      ...{ host, port: portNumber, database: decoded(database), user: decoded(username) },
      ...(password === '' ? {} : { password: decoded(password) }),
      ssl: tls ? { rejectUnauthorized: true, ...certificates(tls) } : false,
      options: `-c search_path=${schema}`, // with the connection's first message: no query runs without it
      application_name: `logster:${schema}`,
    },
  };
}

/** Needs no quotes anywhere, and is none of PostgreSQL's own. */
const SCHEMA_NAME = /^(?!pg_)[a-z_][a-z0-9_]{0,62}$/;
const NAMING = 'use lower-case letters, digits and _, at most 63, not beginning with a digit or pg_';

function parsed(url: string): URL {
  try {
    const address = new URL(url);
    if (address.protocol === 'postgres:' || address.protocol === 'postgresql:') return address;
  } catch {
    // not the cause of what is thrown: it repeats the address, password and all
  }
  throw unusable('it is not of the form postgres://user:password@host:port/database');
}

function decoded(part: string): string {
  try {
    return decodeURIComponent(part);
  } catch {
    throw unusable('a % in it is not followed by two hexadecimal digits; write %25 for the sign itself');
  }
}

function unusable(reason: string): LogsterError {
  return new LogsterError('config-invalid', `The address of PostgreSQL cannot be used: ${reason}`);
}

function certificates({ caFile, rejectUnauthorized }: PostgresTls): {
  ca?: string;
  rejectUnauthorized?: boolean;
} {
  return {
    ...(caFile === undefined ? {} : { ca: certificateIn(caFile) }),
    ...(rejectUnauthorized === undefined ? {} : { rejectUnauthorized }),
  };
}

function certificateIn(caFile: string): string {
  try {
    return readFileSync(caFile, 'utf8');
  } catch (cause) {
    const message = `Cannot read the certificate ${caFile} for PostgreSQL: ${reasonOf(cause)}`;
    throw new LogsterError('config-invalid', message, { cause });
  }
}
