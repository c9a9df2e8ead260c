import type { Draw } from './draw.ts';

export const WORK_KINDS = [
  'build',
  'packages',
  'web',
  'database',
  'administration',
  'cron',
  'interactive',
  'data',
  'network',
] as const;
/** What sort of work an activity is. */
export type WorkKind = (typeof WORK_KINDS)[number];

/** The machine that a session plays, drawn before it begins; both classes draw from the same ranges. */
export interface Place {
  readonly hostname: string;
  readonly users: readonly string[]; // ordinary accounts, with a home below /home
  readonly user: string; // who types; `root` for a root shell
  readonly home: string; // of that user
  readonly address: string; // of this machine
  readonly peers: readonly string[]; // other machines that answer: private and public addresses alike
  readonly peerPorts: readonly number[]; // TCP ports on which every peer answers
  readonly ports: readonly number[]; // free local ports, drawn anew per activity
}

/**
 * How often somebody who does a kind of work comes to it, in working days of a month. What attackers do too is mostly
 * seldom done: drawn as often as everything else, it would be most of a machine's day.
 */
export const DAYS_A_MONTH = { daily: 20, weekly: 4, monthly: 1 } as const;
export type HowOften = keyof typeof DAYS_A_MONTH;

/** A piece of work as it is typed into a shell. */
export interface Activity {
  readonly name: string; // kebab-case
  readonly kind: WorkKind;
  readonly often: HowOften;
  readonly as: 'user' | 'root' | 'either';
  readonly needs: readonly string[]; // programs that must be installed
  /** The lines in the order they are typed; each must return to the prompt within two minutes. */
  readonly lines: (draw: Draw, place: Place) => readonly string[];
}

/** Something that runs beside the people's work from the beginning of a session. */
export type Service = Omit<Activity, 'often'>;

/** A harmless emulation of an attack. */
export interface Attack extends Omit<Activity, 'kind' | 'often'> {
  readonly family: string; // captures of one tool or technique family stay on one side of every split
  readonly techniques: readonly string[]; // ATT&CK ids
}
