import type { Feature } from './feature-table.ts';
import { cutText } from './text-features.ts';

/**
 * What a Linux command line is after, by ATT&CK tactics and techniques (https://attack.mitre.org/techniques/enterprise/).
 * `rare`: hardly anybody's ordinary work; `known`: administrators do it too. Both are written from the public
 * descriptions of techniques and of tools (GTFOBins, https://gtfobins.github.io); what recorded ordinary work that may
 * train does is never `rare`. A changed rule changes what a place means: raise the version in features.ts with it.
 */
interface Act {
  readonly name: string; // in the feature table
  readonly reason: string;
  readonly rare: readonly RegExp[];
  readonly known: readonly RegExp[];
}

const ACTS: readonly Act[] = [
  {
    name: 'actRemoteShell',
    reason: 'joins a shell to a connection',
    rare: [
      /(?=.*\/dev\/(?:tcp|udp)\/)(?=.*\b(?:ba|da|z|k)?sh\b\s*(?:-i\b|[\d<>]*[<>]&))/s,
      /\b(?:nc|ncat|netcat)(?:\.\w+)?\s.*(?:-\w*[ec]|--exec|--sh-exec)\s+\S*sh\b/,
      /\bsocat\b.*\b(?:EXEC|SYSTEM):/i,
      /\bmkfifo\b.*\b(?:nc|ncat|netcat|telnet|openssl|socat)\b/s,
      /(?=.*(?:\bsocket\b|fsockopen|TCPSocket|\/inet\/tcp|net\.connect|create_connection))(?=.*(?:dup2|pty\.spawn|subprocess|\/bin\/(?:ba|da)?sh|\bexec\s*[("]|popen|>&))/is,
      /\btelnet\b.*\|\s*\S*sh\b/,
    ],
    known: [/\/dev\/(?:tcp|udp)\//, /\b(?:nc|ncat|netcat|socat)\b/],
  },
  {
    name: 'actRunsFetched',
    reason: 'hands what was fetched or decoded to an interpreter',
    rare: [
      /\b(?:curl|wget|lwp-download)\b[^;&]*\|\s*(?:sudo\s+)?\S*\b(?:(?:ba|da|z)?sh|python[\d.]*|perl|php|ruby|node)\b/,
      /(?:base(?:64|32)\s+-\w*d|base64\s+--decode|xxd\s+-\w*r|openssl\s+enc\s[^|]*-d|gunzip|zcat|gzip\s+-\w*d|\brev\b|\btr\s)[^|;]*\|\s*(?:sudo\s+)?\S*\b(?:(?:ba|da|z)?sh|python[\d.]*|perl|php)\b/,
      /\b(?:sh|bash|source|eval)\s+(?:-c\s+)?["']?(?:<\(|\$\(|`)\s*(?:curl|wget|echo|printf|base64)/,
      /\b(?:exec|eval)\s*\(?\s*(?:[\w.]+\()*[\w.]*(?:b64decode|base64_decode|decompress|urlopen|unhexlify|gzinflate|decode_base64)/,
      /(?:\\x[0-9a-f]{2}){4}|(?:\\[0-7]{3}){4}/i,
      /\$\{?IFS\b/,
    ],
    known: [/\bbase(?:64|32)\s+(?:-\w*d|--decode)/, /\bxxd\s+-\w*r/, /\bopenssl\s+enc\b/, /\beval\b/],
  },
  {
    name: 'actOddPlace',
    reason: 'runs from, or makes executable in, memory file systems, temporary or hidden folders',
    rare: [
      /(?:^|[\s;&|])\/(?:dev\/shm|run\/shm|dev\/mqueue)\/[^\s/]+(?:$|\s)(?<!\b(?:rm|ls|cat|mkdir|cp|mv|cd)\s[^;&|]*)/,
      /\bchmod\s.*\s\/(?:dev\/shm|run\/shm|tmp\/\.|var\/tmp\/\.)\S*/,
      /^(?:\S*sh\s+)?\/(?:tmp|var\/tmp|dev\/shm)\/\.\S+/,
    ],
    known: [
      /\bchmod\s+(?:-\S+\s+)*(?:[ugoa]*\+\w*x\w*|0?[1357][0-7]{2})\s.*\/(?:tmp|dev\/shm)\//,
      /^(?:\S*sh\s+)?\/(?:tmp|var\/tmp)\/\S+/,
      /\/(?:dev\/shm|run\/shm)\//,
    ],
  },
  {
    name: 'actMemory',
    reason: 'code in memory alone or in another process: memfd, ptrace, /proc/…/mem, preloaded libraries',
    rare: [
      /memfd_create|\bsyscall\s*\(\s*(?:319|356|279)\b|process_vm_(?:read|write)v|PTRACE_|\bptrace\b/,
      /\/proc\/[^\s/]+\/(?:mem|fd\/\d+)\b/,
      /\bLD_(?:PRELOAD|AUDIT)=\S*\/(?:tmp|dev\/shm|var\/tmp|home)\b/,
      /\bld-linux\S*\s+\S*\/(?:tmp|dev\/shm|var\/tmp|home)\//,
      /\bgdb\b.*(?:\bcall\b|\bdlopen\b|\bset\s+\{)/,
    ],
    known: [
      /\b(?:gdb|strace|ltrace|gcore)\b/,
      /\bLD_(?:PRELOAD|AUDIT|LIBRARY_PATH)=/,
      /\/proc\/[^\s/]+\/maps\b/,
    ],
  },
  {
    name: 'actCredentials',
    reason: 'password hashes, private keys, cloud credentials, guessing',
    rare: [
      /\b(?:cat|cp|tar|zip|scp|head|tail|base64|curl|rsync|less|strings|dd|xxd|tee)\b.*(?:\.ssh\/id_|\.aws\/cred|\.kube\/config|\.docker\/config|\.netrc|\.pgpass|\.my\.cnf|\.gnupg\/|\.git-credentials|\.config\/gcloud|logins\.json|key[34]\.db|Login Data|keyrings\/|\.password-store)/,
      /\b(?:cp|tar|zip|scp|base64|curl|rsync|dd|xxd|mv)\b.*\/etc\/(?:g?shadow|security\/opasswd)\b/,
      /\b(?:unshadow|john|hashcat|hydra|medusa|ncrack|patator|sshpass|mimipenguin|lazagne)\b/i,
      /\bfind\b.*-name\s+\S*(?:id_rsa|id_ed25519|\.pem|\.kdbx|\.key|credentials|wallet)/,
    ],
    known: [
      /\/etc\/(?:g?shadow|sudoers)\b/,
      /\/proc\/[^\s/]+\/environ\b/,
      /\bgrep\b.*(?:passw|secret|token|credential|api.?key)/i,
      /\.ssh\//,
    ],
  },
  {
    name: 'actDiscovery',
    reason: 'accounts, hosts, ports, rights',
    rare: [
      /\b(?:linpeas|linenum|pspy|masscan|zmap|arp-scan|nbtscan|rustscan)\b/i,
      /(?<!<)>\s*\/dev\/tcp\//,
      /\/proc\/kallsyms\b/,
    ],
    known: [
      /\bnmap\b|\bsudo\s+(?:-\w+\s+)*-\w*l\b|-perm\s+[-/]?(?:u[+=]s|[246]000)|\bgetcap\b/,
      /\bcat\s+.*\/etc\/(?:passwd|group|os-release|issue|hosts|fstab|exports|crontab)\b/,
      /^(?:\S*\/)?(?:whoami|id|uname|last|lastlog|who|w|arp|lsmod|dmesg|getent|lscpu|lsblk)\b/,
      /\bls\s+(?:-\S+\s+)*(?:\/root|\/home|\/etc\/cron\S*|\/var\/spool\/cron\S*)(?:\s|\/?$)/,
    ],
  },
  {
    name: 'actRights',
    reason: 'set-uid bits, capabilities, shell escapes under sudo',
    rare: [
      /\bchmod\s+(?:-\S+\s+)*(?:[ugoa]*[+=]\w*s\w*|0?[2467][0-7]{3})\s/,
      /\bsetcap\b.*cap_(?:setuid|setgid|sys_admin|sys_ptrace|dac_\w+)/,
      /checkpoint-action=exec|\b(?:find|xargs)\b.*-exec\s+\S*\b(?:ba|da|z)?sh\b|\bawk\b.*\bsystem\s*\(|\bvim?\b.*-c\s*['"]?:?!/,
      /\bsudo\s+(?:-\S+\s+)*(?:env|nice|timeout\s+\S+|taskset\s+\S+|script|busybox|python[\d.]*|perl|awk|vim?|less|man|nmap|gdb|ed)\b.*\b(?:ba|da|z)?sh\b/,
      /\bos\.set(?:re|res)?[ug]id\s*\(\s*0|\bPOSIX::setuid\s*\(\s*0/,
      /\bpkexec\s+\S*sh\b/,
    ],
    known: [
      /\bNOPASSWD\b|\/etc\/sudoers/,
      /\bsudo\s+(?:-\S+\s+)*(?:-\w*[is]\b|su\b|\S*\b(?:ba|da|z)?sh\b)/,
      /\busermod\b.*\b(?:sudo|wheel|docker|adm|root)\b/,
    ],
  },
  {
    name: 'actSchedule',
    reason: 'cron, at, units, start-up files',
    rare: [
      /\/etc\/(?:rc\.local|rc\d\.d|update-motd\.d|modules-load\.d|udev\/rules\.d|xdg\/autostart|apt\/apt\.conf\.d|NetworkManager\/dispatcher\.d)\b/,
      /(?=.*(?:crontab|\/etc\/cron|\/spool\/cron|ExecStart=))(?=.*(?:curl|wget|\/dev\/tcp|\bnc\s|bash\s+-i|\/tmp\/|\/dev\/shm|base64))/s,
      /@reboot\b/,
      /\bsystemctl\s+(?:\S+\s+)*(?:enable|link)\s+(?:\S+\s+)*\/(?:tmp|dev|home|root|var)\//,
    ],
    known: [
      /\bcrontab\b|\/etc\/cron|\/spool\/cron/,
      /(?:^|[\s;&|])at\s+(?:-[fmqt]\s|now\b|midnight|\d)/,
      /\bsystemctl\s+(?:\S+\s+)*(?:enable|daemon-reload)\b|\/systemd\/(?:system|user)\//,
    ],
  },
  {
    name: 'actLogin',
    reason: 'accounts, keys, PAM, profiles',
    rare: [
      /\bpam_(?:permit|exec)\b|\b(?:cp|mv|tee|sed\s+-\w*i|echo|printf)\b.*\/etc\/pam\.d\//,
      /\/etc\/ld\.so\.preload\b/,
      /\b(?:tee|cp|sed\s+-\w*i|echo|printf)\b.*(?:\.(?:bashrc|bash_profile|bash_login|bash_logout|profile|zshrc)\b|\/etc\/(?:profile|bash\.bashrc)\b)/,
      /\busermod\s+.*(?:-p\s|-o\b|-u\s*0\b|-s\s+\S*sh\s+(?:www-data|games|nobody|daemon|bin|sys|mail|news|backup|proxy|list|sync)\b)/,
      /\buseradd\s+.*(?:-o\b|-u\s*0\b)/,
      /\b(?:tee|sed\s+-\w*i|echo|printf)\b.*\/etc\/(?:passwd|shadow|group)\b/,
      /\bopenssl\s+passwd\b|\bPROMPT_COMMAND=|\btrap\s.*\bDEBUG\b|\balias\s+(?:sudo|su|ssh|passwd)=/,
    ],
    known: [
      /\b(?:useradd|adduser|usermod|groupadd|gpasswd|chpasswd|passwd|visudo|ssh-copy-id)\b/,
      /authorized_keys|\.bashrc|\.profile/,
    ],
  },
  {
    name: 'actTraces',
    reason: 'history, logs of logins, times of files',
    rare: [
      /\bhistory\s+-[cwd]|\bHIST(?:FILE|SIZE|FILESIZE|CONTROL)\b|\b(?:rm|shred|truncate|ln|cp|mv|tee|unlink)\b.*\.(?:bash|zsh|sh|python|mysql|psql)_?hist\w*/,
      /(?:\b(?:rm|shred|truncate|unlink|dd|mv|tee)\b|\bcp\s+\/dev\/null|\bsed\s+-\w*i|>)\s?.*\b(?:wtmp|btmp|utmp|lastlog|faillog)\b/,
      /(?:\b(?:shred|unlink)\b|\bln\s+-\S+\s+\/dev\/null|\bcp\s+\/dev\/null|\bsed\s+-\w*i\w*\s+\S*\/\S*[a-z]).*\/var\/log\//,
      /\b(?:utmpdump|debugfs|timestomp)\b|\bdate\s+-s\b|\btimedatectl\s+set-time\b/,
      /\brm\s+(?:-\S+\s+)*["']?\$0\b/,
    ],
    known: [
      /\btouch\s+(?:-\S+\s+)*(?:-\w*[rdt]\b|--(?:reference|date))/,
      /\b(?:shred|wipe|srm)\b/,
      /\/var\/log\/|\b(?:wtmp|btmp|lastlog)\b/,
      /\bjournalctl\b.*--(?:vacuum|rotate)/,
    ],
  },
  {
    name: 'actDefences',
    reason: 'audit, logging, firewall, protection',
    rare: [
      /\bauditctl\s+(?:-e\s*0|-D\b|-d\b)/,
      /\b(?:rm|mv|chmod|truncate|shred|sed\s+-\w*i|tee)\b.*\/etc\/(?:audit|rsyslog|syslog|selinux|apparmor|fail2ban|aide|ossec|osquery|falco|sysmon)/,
      /\b(?:systemctl|service|initctl)\b(?=.*\b(?:stop|disable|mask|kill)\b)(?=.*(?:audit|syslog|journald|fail2ban|firewalld|ufw|apparmor|falcon|osquery|wazuh|ossec|clam|sysmon|beat\b|agent))/,
      /\b(?:pkill|killall|kill)\b.*(?:audit|syslog|journald|fail2ban|osquery|falco|wazuh|ossec|clam|sysmon|agent|monitor)/,
      /\bsetenforce\s+0|SELINUX=(?:disabled|permissive)|\baa-(?:disable|teardown|complain)\b|\bapparmor_parser\s+-R/,
      /\bufw\s+(?:disable|reset)\b|\bip6?tables\s+(?:-t\s+\S+\s+)?(?:-F|--flush|-X|-P\s+\w+\s+ACCEPT)\b|\bnft\s+flush\b/,
      /\bchmod\s+(?:-\S+\s+)*0{1,4}\s/,
    ],
    known: [
      /\bsystemctl\s+(?:\S+\s+)*(?:stop|disable|mask)\b|\bservice\s+\S+\s+stop\b/,
      /\b(?:ip6?tables|nft|ufw|firewall-cmd)\b/,
      /\bsysctl\s+-w\b|\bchattr\b/,
      /\b(?:pkill|killall)\b/,
    ],
  },
  {
    name: 'actIsolation',
    reason: 'namespaces, container sockets, host file systems, modules',
    rare: [
      /\bunshare\s+(?:\S+\s+)*(?:-\w*[Urm]|--(?:user|mount|map-root))|\bnsenter\b|\bpivot_root\b|\bcapsh\b/,
      /\b(?:docker|containerd|crio|podman)\.sock\b|\brelease_agent\b|\bnotify_on_release\b|\/proc\/(?:1|self|\d+)\/(?:root|ns|cgroup)\b|\.dockerenv\b|\/run\/secrets\b/,
      /--privileged\b|-v\s+\/:\/?|\bkubectl\b.*\b(?:exec|secrets?)\b/,
      /\bmount\s+.*(?:\/dev\/(?:sd|vd|xvd|nvme|dm-)|-t\s+(?:cgroup|overlay|proc)|--bind)/,
      /\b(?:insmod|modprobe|rmmod|kexec)\b|\/proc\/(?:kcore|kmsg)\b|\/dev\/(?:mem|kmem|port)\b|\bcore_pattern\b|\bbpftool\s+prog\s+load/,
      /\bchroot\s+\//,
    ],
    known: [/\b(?:docker|podman|kubectl|lxc)\b/, /\bu?mount\b/, /\blsmod\b/],
  },
  {
    name: 'actBorrowedName',
    reason: 'a program under the name of another, a path that shadows others',
    rare: [
      /\b(?:cp|mv|install|ln)\s+(?:-\S+\s+)*(?:\/usr)?\/s?bin\/\S+\s+\S*\/(?:\.[^/\s]+|agetty|crond?|sshd|systemd\S*|dbus\S*|kworker\S*|rsyslogd|udevd|init|atd|polkitd)$/,
      /\b(?:mv|cp|tee|install|chmod\s+\S+)\s.*\/(?:home|root|tmp|opt|var|dev\/shm)\/(?:\S*\/)?(?:sudo|su|passwd|ssh|ls|ps|login|netstat|ss|top|find|id|crontab|systemctl)$/,
      /\bexec\s+-a\b|\bsetproctitle\b|\bPR_SET_NAME\b/,
      /\bPATH=["']?(?:\.|\/tmp|\/var\/tmp|\/dev\/shm|[^:\s]*\/\.(?!local|cargo|nvm|npm|venv|pyenv|rustup|config)[^:\s]*):/,
    ],
    known: [
      /\b(?:cp|mv|install|ln)\s+(?:-\S+\s+)*(?:\/usr)?\/s?bin\/\S+\s+\/(?:tmp|var|dev\/shm|home|root|opt|usr\/lib)\//,
    ],
  },
  {
    name: 'actExfiltration',
    reason: 'packs, encrypts, sends files',
    rare: [
      /\bzip\b.*\s(?:-P|--password|-e)\b|\b7z[ar]?\s+a\b.*\s-p/,
      /\bsocat\b.*\b(?:FILE|OPEN):/i,
      /\|\s*(?:\S*\/)?(?:nc|ncat|netcat|openssl\s+s_client)\b|\b(?:nc|ncat|netcat)\b[^|;]*<\s*\S/,
      /\b(?:dnscat|iodine|rclone|megaput|transfer\.sh)\b|\b(?:dig|nslookup|host)\s+.*\$\(/,
      /\bwget\b.*--post-file\b|\bcurl\b.*(?:--data-binary|-d|--data)\s+@/,
    ],
    known: [
      /\bcurl\b.*\s(?:-T|--upload-file|-F|--form)\b/,
      /\b(?:scp|sftp|rsync|ftp|tftp|smbclient)\b/,
      /\b(?:split\s+-\w|openssl\s+enc\b|gpg\b.*(?:-c\b|--symmetric))/,
      /\b(?:tar|zip|gzip|7z)\b.*\/(?:home|etc|root|var)\b/,
    ],
  },
  {
    name: 'actHarm',
    reason: 'mining, destroyed backups or disks, encryption in bulk, tunnels',
    rare: [
      /\b(?:xmrig|minerd|cpuminer|stratum|nicehash|monero)\b|stratum\+/i,
      /\b(?:rm|shred)\b.*\b(?:backups?|snapshots?)\b|\b(?:lvremove|vgremove|wipefs|mkfs\S*)\b|\bbtrfs\s+subvolume\s+delete\b|\bzfs\s+destroy\b/,
      /\bdd\s.*\bof=\/dev\/(?:sd|vd|xvd|nvme)|\brm\s+-\w*r\w*\s+(?:--no-preserve-root\s+)?\/(?:\s|\*|$|home\b|etc\b|boot\b)/,
      /(?=.*\bos\.walk\b|.*\bfind\b)(?=.*(?:encrypt|openssl\s+enc|gpg\b|Fernet|AES|\^|xor))/s,
      /\bssh\b.*\s-\w*[RDw]\s|\b(?:chisel|frpc|ngrok|proxychains\d?|ligolo)\b/i,
    ],
    known: [/\bssh\b/, /\b(?:kill|pkill|killall)\b/, /\bnice\s+-n\s*-?\d|\byes\b|\bstress\b/],
  },
];

/** The rules look for one thing anywhere behind another: what that costs grows with the square of the length. */
const ACT_LIMIT = 1024;

/** What is read from a Linux command line: how many kinds of acts in it are rare, then each kind. */
export const ACT_TABLE: readonly Feature[] = [
  {
    name: 'actsRare',
    unit: 'log2(1 + kinds of acts that are rare)',
    reason: 'what hardly anybody does in ordinary work tells, whichever it is',
  },
  ...ACTS.map(({ name, reason }) => ({
    name,
    unit: '1 rare, 0.5 known from administration, 0 none',
    reason,
  })),
];

/** Writes the places of `ACT_TABLE` from `place` on. */
export function writeActs(out: Float32Array, place: number, commandLine: string): void {
  const text = cutText(commandLine, ACT_LIMIT);
  let rare = 0;
  ACTS.forEach((act, at) => {
    const isRare = act.rare.some((rule) => rule.test(text));
    if (isRare) rare++;
    out[place + 1 + at] = isRare ? 1 : act.known.some((rule) => rule.test(text)) ? 0.5 : 0;
  });
  out[place] = Math.log2(1 + rare);
}
