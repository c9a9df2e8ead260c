import type { Platform } from '../contracts/event.ts';
import { ACT_TABLE, writeActs } from './command-acts.ts';
import type { Feature } from './feature-table.ts';
import { placesOf, widthOf } from './feature-table.ts';
import { behaviourWords, trigrams, writeHashed } from './hash-names.ts';
import { imageClassOf, programName } from './image-class.ts';
import { plainPath, writeLocation } from './location.ts';
import { TEXT_TABLE, writeText } from './text-features.ts';

/** What is known of a process beyond its edges, as bits in the order of the places of `marks`. */
export const PROCESS_MARKS = { wrote: 1, read: 2, victim: 4, unbacked: 8, identity: 16 } as const;

const NAME_WIDTH = 8;
const WORDS = 8;

const IMAGE = [
  {
    name: 'location',
    unit: '0 or 1 per class',
    reason: 'where a program lies says who may put it there',
    width: 7,
  },
  {
    name: 'class',
    unit: '0 or 1: shell, interpreter, runner, admin, discovery, application, server, core',
    reason: 'what a program is for',
    width: 8,
  },
] as const satisfies readonly Feature[];

const WINDOW = [
  ...TEXT_TABLE,
  { name: 'begun', unit: '0 or 1', reason: 'started inside the window, not before it' },
  { name: 'renamed', unit: '0 or 1', reason: 'the name built into the program differs from its file name' },
  {
    name: 'privilege',
    unit: 'Windows: integrity, -1 low to 1 system; Linux: 1 when it is root and its parent is not',
    reason:
      'what it may do. On Linux only the change counts: who a test bed runs its sessions as says nothing of intent',
  },
  {
    name: 'oddParent',
    unit: '0 or 1',
    reason: 'a shell, interpreter or runner begun by an application or a server',
  },
  {
    name: 'shellParent',
    unit: '0 or 1',
    reason: 'begun by a shell or an interpreter: somebody types, or a script does',
  },
  {
    name: 'mix',
    unit: 'share of its distinct edges: spawned, accessed, ran, wrote, connected, set or performed',
    reason: 'what it does with its time, whatever the amount',
    width: 6,
  },
  {
    name: 'rarity',
    unit: '1 / log2(1 + processes of the same image)',
    reason: 'one of a kind against one of many',
  },
  {
    name: 'marks',
    unit: '0 or 1 each',
    reason:
      'wrote into or started a thread in another process, read another’s memory, was written into, came from memory without a file, failed or changed a login or identity',
    width: 5,
  },
] as const satisfies readonly Feature[];

const WINDOWS_TABLE = [
  {
    name: 'nameHash',
    unit: 'signed hash of trigrams',
    reason:
      'tells programs apart without keeping a name; 8 places, since the class below names the known ones',
    width: NAME_WIDTH,
  },
  ...IMAGE,
  {
    name: 'wordHash',
    unit: 'signed hash of options, cmdlets and methods',
    reason: 'how a program is used, without the names in its arguments',
    width: WORDS,
  },
  ...WINDOW,
] as const satisfies readonly Feature[];

const LINUX_TABLE: readonly Feature[] = [...IMAGE, ...ACT_TABLE, ...WINDOW];

/**
 * Features of a process. The first places come from its image, the next from its command line, the rest from the window.
 * On Linux, where one command does what takes a program on Windows, what it is after takes the places of names.
 */
export const PROCESS_TABLE: Readonly<Record<Platform, readonly Feature[]>> = {
  windows: WINDOWS_TABLE,
  linux: LINUX_TABLE,
};

const WINDOWS_PLACES = placesOf(WINDOWS_TABLE);

type Common = (typeof IMAGE | typeof WINDOW)[number]['name'];

/** Where the features of both platforms begin, and at `command` those that the command line fills. */
export const PROCESS_PLACES: Readonly<Record<Platform, Readonly<Record<Common | 'command', number>>>> = {
  windows: { ...WINDOWS_PLACES, command: WINDOWS_PLACES.wordHash },
  linux: { ...(placesOf(LINUX_TABLE) as Record<Common, number>), command: widthOf(IMAGE) },
};

/** What an image path says: its features from place 0 on, and its class. */
export interface ImagePart {
  readonly features: Float32Array;
  readonly classIndex: number; // place in IMAGE_CLASSES, -1 for none
  readonly program: string;
}

/** Reads an image path. */
export function readImage(platform: Platform, image: string): ImagePart {
  const at = PROCESS_PLACES[platform];
  const features = new Float32Array(at.command);
  const program = programName(image);
  const classIndex = image === '' ? -1 : imageClassOf(platform, image);
  if (image !== '') {
    if (platform === 'windows') writeHashed(features, WINDOWS_PLACES.nameHash, NAME_WIDTH, trigrams(program));
    writeLocation(features, at.location, platform, plainPath(image));
    if (classIndex >= 0) features[at.class + classIndex] = 1;
  }
  return { features, classIndex, program };
}

/** Reads a command line into the places from `command` on. */
export function readCommand(platform: Platform, commandLine: string): Float32Array {
  const { command, begun, textLength } = PROCESS_PLACES[platform];
  const features = new Float32Array(begun - command);
  if (commandLine === '') return features;
  if (platform === 'windows') writeHashed(features, 0, WORDS, behaviourWords(commandLine));
  else writeActs(features, 0, commandLine);
  writeText(features, textLength - command, commandLine);
  return features;
}
