import { LogsterError } from '../contracts/errors.ts';
import type { Platform } from '../contracts/event.ts';
import type { ModelPackage } from './messages.ts';
import type { LoadedModel, Pool } from './pool.ts';

/** A version that every scorer has. */
export interface Serving extends LoadedModel {
  readonly version: string;
}

/** Which versions the scorers have and who is using them: one that is in use is never taken away. */
export interface LoadedVersions {
  get(platform: Platform, version: string): Serving | undefined;
  /** Loads a version into every scorer, or answers the one that is loaded. Throws what a scorer refuses it with. */
  load(model: ModelPackage): Promise<Serving>;
  /** Keeps versions loaded for as long as `run` takes. Throws not-found, at once, when one is not loaded. */
  using<T>(platform: Platform, versions: readonly string[], run: () => Promise<T>): Promise<T>;
  /** Offers a version to nobody any more, waits for those who use it and unloads it. */
  drop(platform: Platform, version: string): Promise<void>;
}

interface Slot {
  readonly serving: Serving;
  users: number;
  onFree: () => void;
}

/** Keeps count of a pool's versions. */
export function loadedVersions(pool: Pool): LoadedVersions {
  const slots = new Map<string, Slot>();
  const leaving = new Map<string, Promise<void>>();
  const keyOf = (platform: Platform, version: string) => `${platform}/${version}`;
  const slotOf = (platform: Platform, version: string): Slot => {
    const slot = slots.get(keyOf(platform, version));
    if (slot) return slot;
    throw new LogsterError('not-found', `${platform}@${version} is not loaded in the scorers`);
  };
  return {
    get: (platform, version) => slots.get(keyOf(platform, version))?.serving,
    async load(model) {
      const { platform, version } = model;
      await leaving.get(keyOf(platform, version));
      const known = slots.get(keyOf(platform, version));
      if (known) return known.serving;
      const serving = { version, ...(await pool.load(model)) };
      slots.set(keyOf(platform, version), { serving, users: 0, onFree: () => undefined });
      return serving;
    },
    async using(platform, versions, run) {
      const used = versions.map((version) => slotOf(platform, version));
      for (const slot of used) slot.users++;
      try {
        return await run();
      } finally {
        for (const slot of used) if (--slot.users === 0) slot.onFree();
      }
    },
    async drop(platform, version) {
      const key = keyOf(platform, version);
      const slot = slots.get(key);
      if (!slot) return;
      slots.delete(key);
      const free = new Promise<void>((resolve) => {
        slot.onFree = resolve;
        if (slot.users === 0) resolve();
      });
      const left = free.then(() => pool.unload(platform, version));
      leaving.set(key, left);
      await left;
      leaving.delete(key);
    },
  };
}
