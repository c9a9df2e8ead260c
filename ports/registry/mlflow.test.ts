import { randomUUID } from 'node:crypto';
import { withServer } from '../with-server.ts';
import { mlflowRegistry } from './mlflow.ts';
import { registryContract } from './registry.contract.ts';

import.meta.jest.setTimeout(60_000);

withServer('TEST_MLFLOW', 'MLflow registry', (url) => {
  const newPrefix = (): string => `test-${randomUUID()}-`;

  registryContract(async () => {
    const prefix = newPrefix();
    return async () => mlflowRegistry({ url, prefix });
  });
});
