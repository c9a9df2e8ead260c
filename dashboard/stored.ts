import type { Alert } from '../contracts/alert.ts';
import type { NormalizedEvent } from '../contracts/event.ts';
import type { InferenceResult } from '../contracts/inference.ts';
import type { Document } from '../ports/documents/documents.ts';

// What lies in the indices was checked against its schema before it was published, so it is not checked again.

/** A document of `logster-inferences`. */
export const storedInference = (document: Document): InferenceResult =>
  document as unknown as InferenceResult;

/** A document of `logster-events`. */
export const storedEvent = (document: Document): NormalizedEvent => document as unknown as NormalizedEvent;

/** A document of `logster-alerts`. */
export const storedAlert = (document: Document): Alert => document as unknown as Alert;
