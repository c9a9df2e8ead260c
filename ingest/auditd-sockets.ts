import type { EventData, EventType } from '../contracts/event.ts';
import type { SocketAddress } from './auditd-address.ts';
import { put } from './syscalls-values.ts';

/**
 * The event of a socket call: the peer of `connect` is the destination, that of `accept` the source, the own end of
 * `bind` the source. Sockets of the machine itself (unix, netlink) stay a `syscall` with the path they name, and so
 * do calls whose address is missing and accepts and binds that failed.
 */
export function socketEvent(
  meaning: 'connect' | 'accept' | 'bind',
  address: SocketAddress | undefined,
  data: EventData,
): { readonly type: EventType; readonly data: EventData } {
  if (address?.family !== 'inet' && address?.family !== 'inet6') {
    put(data, 'target_filename', address?.path);
    return { type: 'syscall', data };
  }
  if (meaning === 'connect') {
    put(data, 'destination_ip', address.address);
    put(data, 'destination_port', address.port);
    put(data, 'initiated', true);
    return { type: 'network_connect', data };
  }
  put(data, 'source_ip', address.address);
  put(data, 'source_port', address.port);
  if (data.success === false) return { type: 'syscall', data };
  if (meaning === 'accept') put(data, 'initiated', false);
  return { type: meaning === 'accept' ? 'network_accept' : 'network_bind', data };
}
