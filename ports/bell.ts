/** Wakes one waiter. A ring while nobody waits is kept for the next wait, so none is lost. */
export interface Bell {
  ring(): void;
  wait(): Promise<void>;
}

/** A bell that has not rung. */
export function bell(): Bell {
  let rung = false;
  let wake: (() => void) | undefined;
  return {
    ring() {
      rung = true;
      wake?.();
    },
    async wait() {
      if (!rung)
        await new Promise<void>((resolve) => {
          wake = resolve;
        });
      wake = undefined;
      rung = false;
    },
  };
}
