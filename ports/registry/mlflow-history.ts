import { randomUUID } from 'node:crypto';
import { z } from 'zod';
import { byTime, decodeEntry } from './history.ts';
import { readAnswer, tell } from './mlflow-calls.ts';
import type { Call, MlflowClient } from './mlflow-client.ts';
import type { HistoryEntry } from './registry.ts';

const PREFIX = 'logster.history.';

const modelSchema = z.object({
  registered_model: z.object({
    tags: z.array(z.object({ key: z.string(), value: z.string().default('') })).default([]),
  }),
});

/** A model's history as tags of the registered model, one tag per line: MLflow keeps each by itself. */
export function mlflowHistory(client: MlflowClient) {
  return {
    /** Adds an encoded line of a time, epoch seconds; a repeat of the call sets the same tag. */
    async add(name: string, at: number, line: string): Promise<void> {
      const key = `${PREFIX}${Math.round(at * 1000)}.${randomUUID()}`;
      const body = { name, key, value: line };
      await tell(client, { method: 'POST', path: 'mlflow/registered-models/set-tag', body });
    },
    async of(name: string): Promise<readonly HistoryEntry[]> {
      const call: Call = { method: 'GET', path: 'mlflow/registered-models/get', query: { name } };
      const answer = await client.ask(call);
      if (!answer.ok && answer.errorCode === 'RESOURCE_DOES_NOT_EXIST') return [];
      if (!answer.ok) throw client.refused(call, answer);
      const { tags } = readAnswer(client, call, answer.bytes, modelSchema).registered_model;
      const lines = tags.filter(({ key }) => key.startsWith(PREFIX)).sort((a, b) => (a.key < b.key ? -1 : 1));
      return byTime(lines.map(({ key, value }) => decodeEntry(value, `Tag ${key} of ${name}`)));
    },
  };
}
