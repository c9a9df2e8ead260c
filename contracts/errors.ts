/** What can go wrong across Logster, by a stable name that a caller can act on. */
export type ErrorCode =
  | 'config-invalid' // a setting is unknown, out of range or contradicts another
  | 'not-found' // a thing named by an id is not there
  | 'conflict' // the thing changed meanwhile, or the step is not allowed from its state
  | 'input-invalid' // what a person or a sensor sent cannot be used
  | 'unavailable' // a backing service or device does not answer
  | 'resource-exhausted' // a device has not enough memory for what it was given
  | 'schema-mismatch' // a model and a batch were made for different features
  | 'model-invalid' // a model's files are damaged, incomplete or fail their self-test
  | 'reference-expired' // a job's bytes are gone
  | 'closed'; // the port or stage was closed already

/** An unexpected failure. The message names the thing and the way out. */
export class LogsterError extends Error {
  readonly code: ErrorCode;

  constructor(code: ErrorCode, message: string, options?: { readonly cause?: unknown }) {
    super(message, options);
    this.name = 'LogsterError';
    this.code = code;
  }
}

/** The text of anything thrown. */
export function reasonOf(thrown: unknown): string {
  return thrown instanceof Error ? thrown.message : String(thrown);
}

/** Whether a backing service or device does not answer just now. */
export function isUnavailable(thrown: unknown): thrown is LogsterError {
  return thrown instanceof LogsterError && thrown.code === 'unavailable';
}
