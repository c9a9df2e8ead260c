import type { Platform } from '../contracts/event.ts';

/** What kind of program an image is, by its base name. */
export const IMAGE_CLASSES = [
  'shell',
  'interpreter',
  'runner', // signed programs that run or fetch others' code, transfer tools
  'admin',
  'discovery',
  'application', // what people work with: office, browsers, build and package tools
  'server', // answers the network
  'core', // belongs to the system itself
] as const;
export type ImageClass = (typeof IMAGE_CLASSES)[number];

const NAMES: Record<Platform, Record<ImageClass, string>> = {
  windows: {
    shell: 'cmd powershell pwsh powershell_ise bash wsl',
    interpreter: 'wscript cscript mshta python pythonw py perl ruby node java javaw php autoit3',
    runner:
      'rundll32 regsvr32 msbuild installutil regasm regsvcs certutil bitsadmin msiexec odbcconf cmstp forfiles wmic control hh ieexec mavinject pcalua syncappvpublishserver infdefaultinstall msxsl winrs xwizard presentationhost extrac32 expand makecab esentutil desktopimgdownldr curl ftp ssh scp tftp scriptrunner',
    admin:
      'sc schtasks at reg regedit net net1 netsh wevtutil vssadmin bcdedit wbadmin fsutil icacls cacls takeown attrib taskkill psexec psexesvc paexec procdump ntdsutil diskshadow cipher auditpol setx runas sdelete mofcomp cmdkey vaultcmd fltmc dism pnputil secedit gpupdate winrm wsmprovhost sqlcmd ldifde csvde',
    discovery:
      'whoami ipconfig systeminfo tasklist nltest netstat arp route hostname quser query qwinsta nslookup ping tracert pathping dsquery dsget adfind nbtstat getmac klist gpresult findstr where tree driverquery sharphound',
    application:
      'winword excel powerpnt outlook onenote msaccess mspub visio chrome firefox msedge iexplore acrord32 acrobat notepad wordpad teams code devenv eqnedt32 7z winrar winzip foxitreader thunderbird',
    server: 'w3wp sqlservr httpd nginx tomcat inetinfo umworkerprocess mysqld postgres dns store',
    core: 'svchost services lsass lsaiso wininit winlogon csrss smss system registry spoolsv taskhostw taskhostex taskeng dllhost wmiprvse conhost explorer sihost ctfmon fontdrvhost dwm searchindexer msmpeng runtimebroker backgroundtaskhost userinit logonui wudfhost audiodg',
  },
  linux: {
    shell: 'sh bash dash zsh ksh ash busybox fish csh tcsh rbash',
    interpreter: 'python perl ruby php node nodejs lua java awk gawk mawk tclsh expect gdb',
    runner:
      'curl wget nc ncat netcat socat ssh scp sftp ftp rsync telnet tftp sshpass lynx aria2c openssl base64 xxd',
    admin:
      'sudo su pkexec doas useradd usermod userdel adduser deluser passwd chpasswd crontab at systemctl service insmod modprobe rmmod iptables ip6tables nft ufw auditctl setenforce chattr mount umount unshare nsenter chroot setcap docker kubectl ctr runc dd shred kill pkill killall chmod chown visudo sysctl ldconfig gpasswd chage',
    discovery:
      'id whoami uname hostname ps ss netstat ifconfig ip who w last lastlog lscpu lsof find getent arp route nmap groups dmesg env printenv df lsblk getcap finger findmnt lsmod uptime pgrep nslookup dig host ping traceroute masscan',
    application:
      'git vim vi nano emacs make gcc g++ cc cc1 cc1plus as ld collect2 cmake ninja npm npx cargo rustc go gofmt javac mvn gradle pip apt apt-get dpkg dpkg-query apt-cache yum dnf rpm tar gzip sed grep sqlite3 redis-cli code man less',
    server:
      'nginx apache2 httpd php-fpm mysqld mariadbd postgres redis-server tomcat gunicorn uwsgi vsftpd proftpd named dnsmasq haproxy mongod memcached smbd',
    core: 'systemd init sshd cron crond rsyslogd systemd-journald systemd-logind systemd-udevd systemd-resolved systemd-networkd systemd-timesyncd dbus-daemon auditd agetty login polkitd networkmanager kthreadd atd chronyd irqbalance containerd dockerd nscd snapd',
  },
};

const index = (platform: Platform): ReadonlyMap<string, number> =>
  new Map(
    IMAGE_CLASSES.flatMap((name, place) =>
      NAMES[platform][name].split(' ').map((image) => [image, place] as const),
    ),
  );
const BY_NAME: Record<Platform, ReadonlyMap<string, number>> = {
  windows: index('windows'),
  linux: index('linux'),
};

/** The last part of a path, in lower case, without `.exe` and without a version at its end. */
export function programName(path: string): string {
  const base = baseName(path).toLowerCase();
  return base.replace(/(\.exe|\.com|\.bin)$/, '').replace(/[-_.]?\d+(\.\d+)*$/, '') || base;
}

/** The last part of a path of either platform. */
export function baseName(path: string): string {
  const end = path.endsWith('/') || path.endsWith('\\') ? path.length - 1 : path.length;
  const cut = Math.max(path.lastIndexOf('/', end - 1), path.lastIndexOf('\\', end - 1));
  return path.slice(cut + 1, end);
}

/** Place in `IMAGE_CLASSES` of a program, -1 when it is none of them. */
export function imageClassOf(platform: Platform, path: string): number {
  const names = BY_NAME[platform];
  const base = baseName(path)
    .toLowerCase()
    .replace(/\.exe$/, '');
  return names.get(base) ?? names.get(programName(path)) ?? -1;
}
