import { AuthenticationError, GenericError, MultipleErrors } from '@platformatic/kafka';
import { reasonOf } from '../../contracts/errors.ts';

/** Names of errors by which a broker says that a group, a leader or a producer's numbers have changed. */
export type KafkaErrorName =
  | 'COORDINATOR_NOT_AVAILABLE'
  | 'FENCED_INSTANCE_ID'
  | 'ILLEGAL_GENERATION'
  | 'INVALID_PRODUCER_EPOCH'
  | 'INVALID_PRODUCER_ID_MAPPING'
  | 'MEMBER_ID_REQUIRED'
  | 'NOT_COORDINATOR'
  | 'OUT_OF_ORDER_SEQUENCE_NUMBER'
  | 'PRODUCER_FENCED'
  | 'REBALANCE_IN_PROGRESS'
  | 'UNKNOWN_MEMBER_ID'
  | 'UNKNOWN_PRODUCER_ID';

/** Whether one of these errors is among what was thrown. */
export function isKafkaError(error: unknown, ...names: readonly KafkaErrorName[]): boolean {
  return leavesOf(error).some((leaf) =>
    names.includes((leaf as { readonly apiId?: KafkaErrorName }).apiId as KafkaErrorName),
  );
}

/** Whether asking again may help: a broker is away, a leader is being chosen, a topic is just being made. */
export function isPassing(error: unknown): boolean {
  const leaves = leavesOf(error);
  return leaves.length > 0 && leaves.every(isPassingLeaf);
}

/** What went wrong, from the innermost errors: the library's own words for them are numbers of attempts. */
export function innermostReason(error: unknown): string {
  const reasons = leavesOf(error).map((leaf) => {
    const chain = causesOf(leaf);
    const refused = chain.find((one) => one instanceof AuthenticationError);
    return reasonOf(refused ?? chain.at(-1));
  });
  return [...new Set(reasons)].join('; ') || reasonOf(error);
}

function isPassingLeaf(error: unknown): boolean {
  if (causesOf(error).some((cause) => cause instanceof AuthenticationError)) return false;
  if (!(error instanceof GenericError)) return false;
  const { canRetry, hasStaleMetadata } = error as {
    readonly canRetry?: boolean;
    readonly hasStaleMetadata?: boolean;
  };
  const isLate = error.constructor.name === 'TimeoutError';
  return canRetry === true || hasStaleMetadata === true || isLate || /^Unknown topic/.test(error.message);
}

/** The errors that several tries or brokers were answered with. */
function leavesOf(error: unknown): readonly unknown[] {
  if (!(error instanceof MultipleErrors)) return [error];
  return error.errors.flatMap(leavesOf);
}

function causesOf(error: unknown): readonly unknown[] {
  const { cause } = (error ?? {}) as { readonly cause?: unknown };
  return cause === undefined || cause === error ? [error] : [error, ...causesOf(cause)];
}
