import type { Feature } from './feature-table.ts';
import { coarse, flag, logScale } from './feature-table.ts';

/** Longer command lines and scripts are read by their beginning and end: the cost of one text stays bounded. */
export const TEXT_LIMIT = 4096;

/** At most `limit` characters: three quarters from the beginning, one from the end, so that padding hides nothing. */
export function cutText(text: string, limit = TEXT_LIMIT): string {
  if (text.length <= limit) return text;
  const head = (limit * 3) / 4;
  return text.slice(0, head) + text.slice(text.length - (limit - head));
}

/** What is read from a command line and, by the same code, from a script. */
export const TEXT_TABLE = [
  { name: 'textLength', unit: 'log2 characters, 1 = 1,024', reason: 'payloads passed inline are long' },
  {
    name: 'textEntropy',
    unit: 'bits per character / 4 - 1',
    reason: 'encoded or encrypted text is evenly spread',
  },
  {
    name: 'textSymbols',
    unit: 'share of ^ ` + " \' $ { } ( ) [ ] ; , %',
    reason: 'obfuscation is made of such marks',
  },
  {
    name: 'textBlob',
    unit: 'share of characters in base64 or hex runs of 24 and more',
    reason: 'embedded payload',
  },
  {
    name: 'textEncoded',
    unit: '0 or 1',
    reason: 'asks for decoding: -enc, FromBase64String, base64 -d, xxd -r',
  },
  {
    name: 'textInline',
    unit: '0 or 1',
    reason: 'code handed over as an argument or evaluated: -c, -e, IEX, eval',
  },
  {
    name: 'textDownload',
    unit: '0 or 1',
    reason: 'fetches from elsewhere: URL, DownloadString, curl, wget, certutil -urlcache',
  },
  {
    name: 'textHidden',
    unit: '0 or 1',
    reason: 'runs unseen: hidden window, no profile, bypass, nohup, setsid, output to null',
  },
  {
    name: 'textChained',
    unit: 'log2 pipes, redirects and separators, 1 = 8',
    reason: 'steps strung together in one line',
  },
  {
    name: 'textSocket',
    unit: '0 or 1',
    reason: 'talks to the network by itself: /dev/tcp, socket, TcpClient, nc -e',
  },
  { name: 'textAddress', unit: '0 or 1', reason: 'names a literal address or a remote share' },
  {
    name: 'textSecrets',
    unit: '0 or 1',
    reason: 'touches credential stores: lsass, SAM, NTDS, shadow, private keys',
  },
  {
    name: 'textPersistence',
    unit: '0 or 1',
    reason: 'makes itself stay: tasks, services, run keys, cron, units, accounts',
  },
  {
    name: 'textDefence',
    unit: '0 or 1',
    reason: 'weakens defences or erases traces: logs, shadow copies, firewall, audit',
  },
  { name: 'textDiscovery', unit: '0 or 1', reason: 'looks around: accounts, hosts, trusts, privileges' },
  {
    name: 'textMemory',
    unit: '0 or 1',
    reason: 'reaches below the script: VirtualAlloc, DllImport, reflection, memfd, ptrace',
  },
] as const satisfies readonly Feature[];

const TRAITS: readonly RegExp[] = [
  /\s[-/]e(nc?|nco|ncod|ncode|ncoded|ncodedcommand|c)?\s+[a-z0-9+/=]{16}|frombase64|tobase64|base64\s+(-d|--decode)|xxd\s+-r|-decode\b|openssl\s+enc|b64decode|unhexlify|\\x[0-9a-f]{2}\\x/i,
  /\s-(c|e|r|command|ec|enc|encodedcommand)\s|\s\/c\s|\biex\b|invoke-expression|\beval\b|\bexec\s*\(|javascript:|vbscript:|scriptblock\]::create/i,
  /https?:\/\/|ftp:\/\/|download(string|file|data)|webclient|invoke-webrequest|\biwr\b|\bcurl\b|\bwget\b|urlcache|bitsadmin|start-bitstransfer|urlretrieve|urlopen/i,
  /-w(in(dowstyle)?)?\s+(hidden|1)\b|-nop(rofile)?\b|-noni|bypass|\bnohup\b|\bsetsid\b|disown|>\s*\/dev\/null|createnowindow|-nologo/i,
  /\/dev\/(tcp|udp)\/|\bsocket\b|tcpclient|\bn(c|cat|etcat)\b.{0,40}\s-[a-z]*[el]|\bsocat\b|pty\.spawn|tcplistener|\/inet\/tcp/i,
  /\b\d{1,3}(\.\d{1,3}){3}\b|(^|[\s"'=])\\\\[a-z0-9]|\bnet\s+use\b|@\d{1,3}\./i,
  /lsass|sekurlsa|\bntds|\bhklm\\sam\b|minidump|comsvcs|mimikatz|kerberoast|\/etc\/(g?shadow|sudoers)|id_(rsa|dsa|ecdsa|ed25519)|\.ssh\/|logindata|login data|\.aws\/|cmdkey|vaultcmd|keychain|unattend\.xml|lazagne|\bdcsync/i,
  /schtasks|\bsc(\.exe)?\s+(\\\\\S+\s+)?(create|config)|currentversion\\run|new-service|register-scheduled|crontab|\/etc\/cron|systemctl\s+(enable|link)|\/etc\/systemd|authorized_keys|useradd|adduser|net1?\s+user\s.*\/add|rc\.local|\.bashrc|\.profile|\/etc\/profile|ld\.so\.preload|ld_preload|__eventfilter|startup\\|init\.d/i,
  /set-mppreference|wevtutil|clear-eventlog|vssadmin|shadowcopy|bcdedit|auditctl|auditpol|iptables\s+-[fxp]|setenforce|history\s+-c|histfile|\/var\/log|chattr|shred|truncate|advfirewall|fltmc|amsi|stop-service|systemctl\s+(stop|disable|mask)|ufw\s+disable|remove-item.{0,60}log|timestomp|touch\s+-[a-z]*[rtd]/i,
  /whoami|net1?\s+(user|group|localgroup|view|share|accounts|session)|nltest|systeminfo|ipconfig|ifconfig|get-(ad|net|wmi|local|process|service)|dsquery|adfind|tasklist|\/etc\/passwd|\buname\b|-perm\s+[-/]|getcap|\bnmap\b|sudo\s+-l|quser|arp\s+-a|netstat|sharphound|powerview/i,
  /virtualalloc|virtualprotect|dllimport|add-type|reflection|createthread|getprocaddress|marshal|memfd|ptrace|process_vm_|mprotect|ctypes|loadlibrary|writeprocessmemory|unsafe/i,
];

const SYMBOL = /[\^`+"'${}()[\];,%]/g;
const BLOB = /[A-Za-z0-9+/]{24,}={0,2}/g;
const CHAIN = /\|\||&&|[|<>;]/g;

/**
 * Takes names of people, machines and addresses out of a text, so that who and where cannot be told from
 * length, entropy or words: only their place stays.
 */
export function withoutIdentity(text: string): string {
  return text
    .replace(/([\\/]users[\\/]|\/home\/)[^\\/"'\s]+/gi, '$1*')
    .replace(/(^|[\s"'=])\\\\[^\\\s"'?.]+\\/g, '$1\\\\*\\')
    .replace(/\b\d{1,3}(\.\d{1,3}){3}\b/g, '*')
    .replace(/\bs-1-5-21-[\d-]+/gi, '*')
    .replace(/\{?[0-9a-f]{8}-([0-9a-f]{4}-){3}[0-9a-f]{12}\}?/gi, '*')
    .replace(/[\w.-]+@[\w.-]+/g, '*@*')
    .replace(/\d{3,}/g, '#');
}

/** Bits per character of a text's first 4,096 characters, 0 to 7. */
export function entropyOf(text: string): number {
  if (text.length === 0) return 0;
  const seen = new Uint16Array(128);
  const length = Math.min(text.length, TEXT_LIMIT);
  for (let i = 0; i < length; i++) {
    const slot = text.charCodeAt(i) & 127;
    seen[slot] = (seen[slot] ?? 0) + 1;
  }
  let bits = 0;
  for (const count of seen) if (count > 0) bits -= (count / length) * Math.log2(count / length);
  return bits;
}

/** Writes the places of `TEXT_TABLE` from `place` on; the text is cut already. */
export function writeText(out: Float32Array, place: number, text: string): void {
  const plain = withoutIdentity(text);
  const length = Math.max(1, plain.length);
  const blob = (text.match(BLOB) ?? []).reduce((sum, run) => sum + (looksLikePath(run) ? 0 : run.length), 0);
  out[place] = logScale(plain.length, 1024);
  out[place + 1] = coarse(entropyOf(plain) / 4 - 1);
  out[place + 2] = coarse((plain.match(SYMBOL)?.length ?? 0) / length);
  out[place + 3] = coarse(Math.min(1, blob / Math.max(1, text.length)));
  const [encoded, inline, download, hidden, ...rest] = TRAITS;
  [encoded, inline, download, hidden].forEach((trait, i) => {
    out[place + 4 + i] = flag(trait?.test(text) ?? false);
  });
  out[place + 8] = logScale(plain.match(CHAIN)?.length ?? 0, 8);
  rest.forEach((trait, i) => {
    out[place + 9 + i] = flag(trait.test(text));
  });
}

// a long run with slashes at short distances is a Unix path, not a payload
function looksLikePath(run: string): boolean {
  return run.split('/').length - 1 > run.length / 16;
}
