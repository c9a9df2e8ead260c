import { endpointKey } from '../contracts/event.ts';
import { HEADERS } from '../contracts/topics.ts';
import type { Message, Received } from '../ports/bus/bus.ts';
import { identifier } from './record.ts';

/** True for "this endpoint's stream has reached this event time", which carries no event. */
export function isWatermark(message: Message): boolean {
  return message.value.length === 0 && message.headers?.[HEADERS.watermark] !== undefined;
}

/**
 * The watermark as it goes on to the events topic, under its endpoint's key and otherwise untouched. The endpoint
 * header may be `tenant:endpoint` or the endpoint alone, whose tenant is then the message key's. Undefined when
 * no endpoint is named.
 */
export function forwardWatermark(message: Received): Message | undefined {
  const named = message.headers[HEADERS.endpoint] ?? message.key;
  const colon = named.indexOf(':');
  const endpoint = identifier(named.slice(colon + 1));
  if (endpoint === '') return undefined;
  const keyColon = message.key.indexOf(':');
  const tenant = colon >= 0 ? named.slice(0, colon) : message.key.slice(0, Math.max(keyColon, 0));
  const tenantId = identifier(tenant) || 'default';
  return {
    key: endpointKey(tenantId, endpoint),
    value: message.value,
    headers: { ...message.headers, [HEADERS.endpoint]: endpoint },
  };
}
