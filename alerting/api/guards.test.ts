import express from 'express';
import supertest from 'supertest';
import { recordedTelemetry } from '../../ports/telemetry/embedded.ts';
import { limitRate } from './guards.ts';

test('an address that asks too often is answered 429 as a problem, and counted', async () => {
  const telemetry = recordedTelemetry();
  const app = express();
  app.use(limitRate(telemetry, { elsewhere: 0, loopback: 3 }));
  app.get('/', (_request, response) => void response.json({}));
  for (let asked = 0; asked < 3; asked += 1) await supertest(app).get('/').expect(200);
  const spoofed = await supertest(app).get('/').set('X-Forwarded-For', '10.0.0.1').expect(429);
  expect([spoofed.type, spoofed.body.status]).toEqual(['application/problem+json', 429]);
  expect(Number(spoofed.headers['retry-after'])).toBeGreaterThan(0);
  expect(telemetry.counted('access_refused_total', { reason: 'rate' })).toBe(1);
});
