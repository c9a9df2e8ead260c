import type { Request } from 'express';

/** Names under which this machine reaches itself; a name that only resolves here is not among them. */
const LOOPBACK_NAMES: readonly string[] = ['localhost', '127.0.0.1', '[::1]'];

/** Methods that change nothing (RFC 9110, section 9.2.1). */
const SAFE_METHODS: readonly string[] = ['GET', 'HEAD', 'OPTIONS'];

/** Whether an address to listen on can be reached from this machine alone. */
export function isLoopback(host: string): boolean {
  return host === 'localhost' || host === '::1' || host === '[::1]' || /^127(\.\d{1,3}){3}$/.test(host);
}

/** Whether an `Origin` is a page of this machine. */
export function isLoopbackOrigin(origin: string): boolean {
  return URL.canParse(origin) && LOOPBACK_NAMES.includes(new URL(origin).hostname);
}

/**
 * Why a request may not come from this machine's own user; undefined where nothing speaks against it. A page of
 * another site can reach a loopback port through the user's browser: by a name that it lets resolve to
 * 127.0.0.1 (DNS rebinding; then `Host` is that name) or by a cross-site call (then `Origin` is that site).
 * Ports are not compared: a tunnel may lead from another one.
 */
export function foreignness(request: Request, trustedOrigins: readonly string[]): string | undefined {
  const { host, origin } = request.headers;
  const name = /^([^:]+|\[[^\]]*\])(:\d{1,5})?$/.exec(host ?? '')?.[1]?.toLowerCase() ?? '';
  if (!LOOPBACK_NAMES.includes(name)) {
    return `This address answers to ${LOOPBACK_NAMES.join(', ')} only, and was called "${host ?? ''}"`;
  }
  if (SAFE_METHODS.includes(request.method)) return undefined;
  if (origin !== undefined && origin !== `http://${host}` && !trustedOrigins.includes(origin)) {
    return `Pages of ${origin} may change nothing here; list it in api.cors_origins if they should`;
  }
  return undefined;
}
