import { reasonOf } from '../../contracts/errors.ts';
import type { Telemetry } from '../telemetry/telemetry.ts';

export interface EndingNeeds {
  readonly group: string;
  readonly telemetry: Telemetry;
  /** Ends the running batches and gives everything back; called once. */
  readonly leave: () => Promise<void>;
}

/** The end of a consumer: once, on demand or because something failed. */
export class Ending {
  /** Ends with what made the consumer stop, or quietly once it was closed. */
  readonly failed: Promise<void>;
  private readonly needs: EndingNeeds;
  private succeed: () => void = () => undefined;
  private fail: (error: unknown) => void = () => undefined;
  private leaving: Promise<void> | undefined;
  private begun = false;

  constructor(needs: EndingNeeds) {
    this.needs = needs;
    this.failed = new Promise((succeed, fail) => {
      this.succeed = succeed;
      this.fail = fail;
    });
    this.failed.catch(() => undefined); // logged in stop(); who does not listen must not end the process
  }

  get hasBegun(): boolean {
    return this.begun;
  }

  close(): Promise<void> {
    this.leaving ??= this.stop(undefined);
    return this.leaving;
  }

  crash(error: unknown): void {
    const { group, telemetry } = this.needs;
    this.leaving ??= this.stop({ error }).catch((cause) => {
      // What it held is given to others when they miss its sign of life.
      telemetry.log.error('consumer could not leave its group', { group, reason: reasonOf(cause) });
    });
  }

  private async stop(failure: { readonly error: unknown } | undefined): Promise<void> {
    const { group, telemetry, leave } = this.needs;
    this.begun = true;
    if (failure) {
      telemetry.log.error('consumer stopped', { group, reason: reasonOf(failure.error) });
      this.fail(failure.error);
    }
    await leave();
    this.succeed();
  }
}

const LEAVE_MS = 10_000;

/** Waits for a server to be told of the leaving, but not for ever. */
export async function leaveInTime(
  { group, telemetry }: { readonly group: string; readonly telemetry: Telemetry },
  leaving: Promise<void>,
): Promise<void> {
  const late = new Promise<'late'>((resolve) => setTimeout(() => resolve('late'), LEAVE_MS).unref());
  if ((await Promise.race([leaving, late])) === 'late')
    telemetry.log.warn('consumer left its group without a word', { group });
}
