/** Waiting items of many tenants, given out so that none waits long behind another's. */
export interface FairTurns<T> {
  add(tenant: string, item: T): void;
  /** The next item, or undefined when none waits. Call `charge` with what it cost before the next one. */
  next(): T | undefined;
  /** Charges the tenant of the last item. */
  charge(cost: number): void;
  readonly size: number;
}

interface Tenant<T> {
  readonly name: string;
  readonly items: T[];
  taken: number; // items before it were given out already
  credit: number;
}

/**
 * Deficit round-robin (Shreedhar and Varghese, SIGCOMM 1995), charged after the fact because a graph's size is
 * known only when it is built: a tenant's turn lasts until it has used up `quantum`, and what it used beyond
 * that is taken off its next turns. So between two turns of a tenant every other one gets at most `quantum` and
 * one item.
 */
export function fairTurns<T>(quantum: number): FairTurns<T> {
  const byName = new Map<string, Tenant<T>>();
  let round: Tenant<T>[] = []; // the tenant at the front has its turn
  let size = 0;
  let charged: Tenant<T> | undefined;

  /** Gives the turn to the first tenant with credit; every one that is passed over gets its quantum. */
  function atTurn(): Tenant<T> | undefined {
    for (let front = round[0]; front !== undefined; front = round[0]) {
      if (front.credit > 0) return front;
      front.credit += quantum;
      round.shift();
      round.push(front);
    }
    return undefined;
  }

  return {
    add(tenant, item) {
      size += 1;
      const known = byName.get(tenant);
      if (known) {
        known.items.push(item);
        return;
      }
      const fresh: Tenant<T> = { name: tenant, items: [item], taken: 0, credit: quantum };
      byName.set(tenant, fresh);
      round.push(fresh);
    },
    next() {
      const tenant = atTurn();
      if (!tenant) return undefined;
      const item = tenant.items[tenant.taken];
      tenant.taken += 1;
      size -= 1;
      charged = tenant;
      if (tenant.taken === tenant.items.length) {
        byName.delete(tenant.name); // an empty queue keeps neither credit nor debt
        round = round.filter((other) => other !== tenant);
      } else if (tenant.taken >= 1024) {
        tenant.items.splice(0, tenant.taken); // so that a long queue does not keep what it gave out
        tenant.taken = 0;
      }
      return item;
    },
    charge(cost) {
      if (charged) charged.credit -= cost;
    },
    get size() {
      return size;
    },
  };
}
