import { readSocketAddress } from './auditd-address.ts';

describe('readSocketAddress()', () => {
  test.each([
    ['02000050A9FEA9FE0000000000000000', { family: 'inet', address: '169.254.169.254', port: 80 }],
    ['00020050A9FEA9FE0000000000000000', { family: 'inet', address: '169.254.169.254', port: 80 }],
    [
      '0A000016000000002001067C0000000000000000000000010000',
      { family: 'inet6', address: '2001:67c::1', port: 22 },
    ],
    [
      '0A0001BB0000000000000000000000000000000000000000000000000000',
      { family: 'inet6', address: '::', port: 443 },
    ],
    [
      '0A0000500000000000000000000000000000FFFFC0A8020600000000',
      { family: 'inet6', address: '192.168.2.6', port: 80 },
    ],
    ['01002F746D702F7300FFEE', { family: 'unix', path: '/tmp/s' }],
    ['0100002F746D702F7300FFEE', { family: 'unix', path: '@/tmp/s' }],
    ['0100', { family: 'unix' }],
    ['10000000', { family: 'other' }],
    ['0200', { family: 'other' }],
    ['saddr_fam=inet laddr=10.0.0.7 lport=4444', { family: 'inet', address: '10.0.0.7', port: 4444 }],
    ['{ saddr_fam=inet6 laddr=::1 lport=22 }', { family: 'inet6', address: '::1', port: 22 }],
    ['inet host:10.0.0.7 serv:4444', { family: 'inet', address: '10.0.0.7', port: 4444 }],
    ['{ saddr_fam=local path=/run/nscd/socket }', { family: 'unix', path: '/run/nscd/socket' }],
    ['nonsense', undefined],
    ['', undefined],
  ])('%s', (text, address) => {
    if (address === undefined) expect(readSocketAddress(text)?.address).toBeUndefined();
    else expect(readSocketAddress(text)).toEqual(address);
  });
});
