/** A running part of Logster. */
export interface Stage {
  readonly name: string;
  /** Rejects with what stopped the stage; resolves when it was closed. */
  readonly failed: Promise<void>;
  /** What a readiness check shows; `ready` false takes the stage out of service without ending it. */
  health(): Promise<{ readonly ready: boolean; readonly detail: Readonly<Record<string, unknown>> }>;
  /** Stops intake, drains, commits, closes. */
  close(): Promise<void>;
}
