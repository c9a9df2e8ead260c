import type { Platform } from '../contracts/event.ts';

/** Classes of places that a path can belong to; a path may be in several. */
export const LOCATIONS = ['system', 'programs', 'temporary', 'user', 'remote', 'hidden', 'device'] as const;

/** What a location class stands for, in the order of `LOCATIONS`. */
export const LOCATION_REASONS: readonly string[] = [
  'part of the operating system: protected, seldom written',
  'installed software',
  'anyone may write and run here: droppers start here',
  'a person’s own folder: no administrator put it there',
  'network share or removable medium',
  'hidden from plain listings',
  'device, kernel file system, memory-only or deleted file',
];

/** The lower-cased, forward-slashed form that all location rules read. */
export function plainPath(path: string): string {
  return path.toLowerCase().replaceAll('\\', '/');
}

/** Writes one flag per location class from `place` on; `path` as `plainPath` gives it. */
export function writeLocation(out: Float32Array, place: number, platform: Platform, path: string): void {
  const places = platform === 'windows' ? windowsPlaces(path) : linuxPlaces(path);
  for (let i = 0; i < LOCATIONS.length; i++) out[place + i] = places[i] ? 1 : 0;
}

function windowsPlaces(path: string): readonly boolean[] {
  const device = /^\/\/[.?]\/|^\/device\/|^\/\?\?\//.test(path);
  const temporary = /\/(temp|tmp|\$recycle\.bin|perflogs)\/|\/users\/public\//.test(path);
  const user = path.includes('/users/') && !temporary;
  return [
    path.includes('/windows/') && !temporary,
    /\/program files|\/programdata\//.test(path),
    temporary,
    user,
    (path.startsWith('//') && !device) || /\/(admin|ipc|c)\$\//.test(path),
    path.includes('/appdata/') || path.includes('/$recycle.bin/') || path.includes('/.'),
    device,
  ];
}

function linuxPlaces(path: string): readonly boolean[] {
  return [
    /^\/(usr\/)?s?bin\/|^\/(usr\/)?lib(32|64|exec)?\/|^\/etc\/|^\/boot\//.test(path),
    /^\/opt\/|^\/usr\/(local|share|games)\/|^\/snap\/|^\/srv\//.test(path),
    /^\/tmp\/|^\/var\/tmp\/|^\/dev\/shm\/|^\/run\/user\//.test(path),
    /^\/home\/|^\/root(\/|$)/.test(path),
    /^\/mnt\/|^\/media\/|^\/net\//.test(path),
    /\/\.[^./]/.test(path),
    (/^\/(dev|proc|sys)\//.test(path) && !path.startsWith('/dev/shm/')) ||
      path.includes('memfd:') ||
      path.endsWith('(deleted)'),
  ];
}
