import { z } from 'zod';
import { alertMessageSchema, alertSchema } from './alert.ts';
import { scoreJobSchema } from './batch.ts';
import { deadLetterSchema } from './dead-letter.ts';
import { normalizedEventSchema } from './event.ts';
import { feedbackRequestSchema, feedbackSchema } from './feedback.ts';
import { inferenceResultSchema } from './inference.ts';

/** JSON Schemas (draft 2020-12) of what Logster reads and writes, by file name, for programs in other languages. */
export function jsonSchemas(): Readonly<Record<string, object>> {
  const schemas = {
    'normalized-event': normalizedEventSchema,
    'score-job': scoreJobSchema,
    'inference-result': inferenceResultSchema,
    alert: alertSchema,
    'alert-message': alertMessageSchema,
    'feedback-request': feedbackRequestSchema,
    feedback: feedbackSchema,
    'dead-letter': deadLetterSchema,
  };
  return Object.fromEntries(
    Object.entries(schemas).map(([name, schema]) => [
      `${name}.json`,
      z.toJSONSchema(schema, { io: 'input' }),
    ]),
  );
}
