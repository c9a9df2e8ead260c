import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Express } from 'express';
import request from 'supertest';
import { newApiKey, writeKeys } from '../ports/access/api-keys.ts';
import { embeddedAlerts } from '../ports/alerts/embedded.ts';
import { embeddedDocuments } from '../ports/documents/embedded.ts';
import { folderRegistry } from '../ports/registry/embedded.ts';
import { fakeClock } from '../ports/telemetry/clock.ts';
import { recordedTelemetry } from '../ports/telemetry/embedded.ts';
import { dashboardApp } from './dashboard.ts';
import type { ModelsView } from './queries/models.ts';
import { sampleModels } from './sample-models.ts';

const NOW = 1_700_000_010;
