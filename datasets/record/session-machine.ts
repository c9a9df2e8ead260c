import type { Draw } from '../scenarios/draw.ts';
import type { Place } from '../scenarios/scenario.ts';

/** A machine that a session plays. */
export interface Machine {
  readonly hostname: string;
  readonly address: string;
  readonly accounts: readonly Account[];
  readonly peers: readonly string[];
  readonly peerPorts: readonly number[];
}

/** An ordinary account of it. */
export interface Account {
  readonly name: string;
  readonly uid: number;
  readonly sudo: boolean;
}

const NAMES =
  'alex amira anna ben carla chen dana david elena emil farid fiona george hana ines ivan jana jo kai kim lara leo lin luis maria max mei milan nadia nils nora olga omar paul petra priya quinn rania ravi rosa sam sara sofia tariq theo tom uma vera viktor wen yara yusuf zoe'.split(
    ' ',
  );
const ROLES = 'web db app ci build mail log cache api edge files node work dev ops host srv'.split(' ');
const PORTS = [
  80, 443, 8080, 8443, 3000, 5000, 8000, 9000, 4444, 1337, 6667, 53, 25, 9200, 5432, 9001, 7000, 8888, 31337,
  2222,
];

/** Draws a machine; ordinary and attacked ones alike. */
export function drawMachine(draw: Draw): Machine {
  const byte = (): number => draw.int(1, 254);
  const outside = (): string =>
    `${draw.pick([23, 34, 45, 51, 62, 77, 85, 91, 104, 139, 151, 176, 185, 193, 212])}.${byte()}.${byte()}.${byte()}`;
  const inside = (): string =>
    draw.pick([
      `10.${byte()}.${byte()}.${byte()}`,
      `192.168.${byte()}.${byte()}`,
      `172.${draw.int(16, 31)}.${byte()}.${byte()}`,
    ]);
  const names = draw
    .some(NAMES, draw.int(1, 3))
    .map((name) =>
      draw.chance(0.3)
        ? `${name}${draw.int(1, 99)}`
        : draw.chance(0.2)
          ? `${name.charAt(0)}.${draw.word().replace(/\W/g, '')}`
          : name,
    );
  const uid = draw.chance(0.7) ? 1000 : draw.int(1001, 59_000);
  return {
    hostname: `${draw.pick(ROLES)}-${draw.chance(0.5) ? draw.int(1, 40) : draw.word()}`,
    address: inside(),
    accounts: names.map((name, place) => ({ name, uid: uid + place, sudo: place === 0 || draw.chance(0.3) })),
    peers: [...new Set([inside(), inside(), inside(), outside(), outside(), outside()])],
    peerPorts: draw.some(PORTS, 9),
  };
}

/** What an activity on that machine is told, typed by `user`. */
export function placeOf(machine: Machine, user: string, draw: Draw): Place {
  return {
    hostname: machine.hostname,
    users: machine.accounts.map((one) => one.name),
    user,
    home: user === 'root' ? '/root' : `/home/${user}`,
    address: machine.address,
    peers: draw.some(machine.peers, machine.peers.length),
    peerPorts: draw.some(machine.peerPorts, machine.peerPorts.length),
    ports: Array.from({ length: 4 }, () => draw.int(10_000, 60_000)),
  };
}
