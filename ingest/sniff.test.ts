import { topicOf } from './sniff.ts';
import { winlogbeat } from './windows-fixtures.ts';

const json = (value: object) => JSON.stringify(value);

test.each([
  [json(winlogbeat(1, {})), 'sysmon-logs'],
  [json([winlogbeat(1, {}), winlogbeat(2, {})]), 'sysmon-logs'],
  [`\uFEFF${json({ EventID: 1, Channel: 'Security' })}`, 'sysmon-logs'],
  [json({ EventId: 10, SourceImage: 'a' }), 'sysmon-logs'],
  [json({ event_id: 4, log_name: 'Security', computer_name: 'h' }), 'sysmon-logs'],
  [json({ Computer: 'h', SyslogMessage: '<Event><System></System></Event>' }), 'sysmon-logs'],
  [`<Event xmlns='x'><System/></Event>`, 'sysmon-logs'],
  ['type=SYSCALL msg=audit(1652292621.986:84138): arch=c000003e', 'linux-auditd-logs'],
  ['node=web-7 type=EXECVE msg=audit(1652292621.986:84138): argc=1', 'linux-auditd-logs'],
  ['type=UNKNOWN[1329] msg=?', 'linux-auditd-logs'],
  [json({ SyslogMessage: 'type=AUOMS_EXECVE audit(1652292621.986:84138): a=1' }), 'linux-auditd-logs'],
  [
    json({ host: 'h', message: 'type=SYSCALL msg=audit(1.2:3): a\ntype=CWD msg=audit(1.2:3): b' }),
    'linux-auditd-logs',
  ],
  [json({ ID: '1.2:3', NODE: 'web-7', SYSCALL: { syscall: 59 } }), 'linux-auditd-logs'],
  [json({ ts: 't', type: 'process_exec', pid: 7 }), 'linux-ebpf-process-logs'],
  [json({ type: 'set_uid', pid: 7 }), 'linux-ebpf-process-logs'],
  [json({ type: 'file_open', pid: 7, path: '/' }), 'linux-ebpf-file-logs'],
  [json({ event_type: 'unlink', pid: 7, path: '/' }), 'linux-ebpf-file-logs'],
  [json({ type: 'net_connect', pid: 7 }), 'linux-ebpf-network-logs'],
  [json({ event_type: 'dns', comm: 'sh' }), 'linux-ebpf-network-logs'],
  [json({ process_exec: { process: {} }, node_name: 'n' }), 'linux-ebpf-process-logs'],
  [json({ process_kprobe: { function_name: 'tcp_connect' } }), 'linux-ebpf-network-logs'],
  [json({ process_kprobe: { function_name: 'security_file_permission' } }), 'linux-ebpf-file-logs'],
  [json({ eventName: 'security_socket_connect', args: [] }), 'linux-ebpf-network-logs'],
  [json({ output_fields: { 'evt.type': 'openat' }, rule: 'r' }), 'linux-ebpf-file-logs'],
  ['', undefined],
  ['# a comment', undefined],
  ['{"a":1}', undefined],
  ['{"a":', undefined],
  ['Oct 11 22:14:15 mymachine su: failed', undefined],
])('topicOf() places %j', (line, topic) => {
  expect(topicOf(Buffer.from(line))).toBe(topic);
});
