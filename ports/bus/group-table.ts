import type { Database } from 'lmdb';
import { TOPICS, type Topic } from '../../contracts/topics.ts';
import type { LmdbStore } from '../lmdb-store.ts';

/** What a member holds after a look at its group: partitions to read, and those it must give back. */
export interface Share {
  readonly held: readonly number[];
  readonly surplus: readonly number[];
}

/** A name to watch for changes of a group's members and leases. */
export const groupName = (group: string): string => `group ${group}`;

/**
 * Consumer groups in lmdb. A member lives while its record is renewed; a lease on a partition counts while its
 * member lives. All but the readers run inside the store's `write`.
 */
export class GroupTable {
  private readonly members: Database<number, [string, string, string]>; // group, topic, member: lives until
  private readonly leases: Database<string, [string, string, number]>; // group, topic, partition: member
  private readonly commits: Database<number, [string, number, string]>; // topic, partition, group: offset
  private readonly changes: Database<number, string>; // group: how often it changed
  private readonly store: LmdbStore;

  constructor(store: LmdbStore) {
    this.store = store;
    this.members = store.table('bus-members', { encoding: 'json' });
    this.leases = store.table('bus-leases', { encoding: 'json' });
    this.commits = store.table('bus-commits', { encoding: 'json' });
    this.changes = store.table('bus-changes', { encoding: 'json' });
  }

  /** Renews the member and claims what is free, up to its fair share of the topic. */
  share(group: string, topic: Topic, me: string, now: number, leaseMs: number): Share {
    if (!this.members.get([group, topic, me])) this.change(group);
    this.members.putSync([group, topic, me], now + leaseMs / 1000);
    const living = this.living(group, topic, now);
    const owners = this.owners(group, topic, living);
    const fair = fairShare(owners.length, [...living].sort(), me);
    const held = owners.flatMap((owner, partition) => (owner === me ? [partition] : []));
    const free = owners.flatMap((owner, partition) => (owner === undefined ? [partition] : []));
    const claimed = free.slice(0, Math.max(0, fair - held.length));
    for (const partition of claimed) {
      this.leases.putSync([group, topic, partition], me);
      // A group that holds a partition has a committed offset: trimming can tell what it lost.
      if (this.committed(group, topic, partition) === undefined)
        this.commits.putSync([topic, partition, group], 0);
    }
    if (claimed.length > 0) this.change(group);
    return { held: [...held, ...claimed], surplus: held.slice(fair) };
  }

  release(group: string, topic: Topic, partition: number, me: string): void {
    if (!this.holds(group, topic, partition, me)) return;
    this.leases.removeSync([group, topic, partition]);
    this.change(group);
  }

  leave(group: string, topic: Topic, me: string): void {
    this.members.removeSync([group, topic, me]);
    this.change(group);
  }

  holds(group: string, topic: Topic, partition: number, me: string): boolean {
    return this.leases.get([group, topic, partition]) === me;
  }

  /** False, and nothing stored, when the partition belongs to another member. */
  commit(group: string, topic: Topic, partition: number, me: string, offset: number): boolean {
    if (!this.holds(group, topic, partition, me)) return false;
    this.commits.putSync([topic, partition, group], offset);
    return true;
  }

  committed(group: string, topic: Topic, partition: number): number | undefined {
    return this.commits.get([topic, partition, group]);
  }

  /** Every group that ever held the partition, with its committed offset. */
  groupsOf(topic: Topic, partition: number): { readonly group: string; readonly offset: number }[] {
    const range = this.commits.getRange({ start: [topic, partition, ''], end: [topic, partition + 1, ''] });
    return [...range].map(({ key, value }) => ({ group: key[2], offset: value }));
  }

  /** Grows with every change of the group's members and leases. */
  changesOf(group: string): number {
    return this.changes.get(group) ?? 0;
  }

  private change(group: string): void {
    this.changes.putSync(group, this.changesOf(group) + 1);
    this.store.touch(groupName(group));
  }

  /** Members that still give signs; the others are removed. */
  private living(group: string, topic: Topic, now: number): Set<string> {
    const living = new Set<string>();
    const range = {
      start: [group, topic, ''] as [string, string, string],
      end: [group, topic, '\uffff'] as [string, string, string],
    };
    for (const { key, value } of [...this.members.getRange(range)]) {
      if (value > now) living.add(key[2]);
      else {
        this.members.removeSync(key);
        this.change(group);
      }
    }
    return living;
  }

  /** By partition, the living member that holds it. */
  private owners(group: string, topic: Topic, living: ReadonlySet<string>): (string | undefined)[] {
    return Array.from({ length: TOPICS[topic].partitions }, (_, partition) => {
      const owner = this.leases.get([group, topic, partition]);
      return owner !== undefined && living.has(owner) ? owner : undefined;
    });
  }
}

/** Partitions of one member: equal shares, the first members in order of id take one more. */
function fairShare(partitions: number, members: readonly string[], me: string): number {
  const whole = Math.floor(partitions / members.length);
  return whole + (members.indexOf(me) < partitions % members.length ? 1 : 0);
}
