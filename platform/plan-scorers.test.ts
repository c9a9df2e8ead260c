import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { planScorers, scorerPlace } from './plan-scorers.ts';

const place = { cores: 8, gpus: 2 };

test('planScorers() leaves a core to everything else', () => {
  expect(planScorers({ backend: 'wasm', scorers: 0 }, place)).toEqual({ scorers: 7, gpus: 0 });
  expect(planScorers({ backend: 'auto', scorers: 0 }, { cores: 1, gpus: 0 })).toEqual({
    scorers: 1,
    gpus: 0,
  });
});

test('planScorers() gives each GPU one scorer, and one to WebGPU', () => {
  expect(planScorers({ backend: 'auto', scorers: 0 }, place)).toEqual({ scorers: 2, gpus: 2 });
  expect(planScorers({ backend: 'gpu', scorers: 0 }, place)).toEqual({ scorers: 2, gpus: 2 });
  expect(planScorers({ backend: 'webgpu', scorers: 0 }, place)).toEqual({ scorers: 1, gpus: 0 });
});

test('planScorers() obeys a number that was set', () => {
  expect(planScorers({ backend: 'gpu', scorers: 4 }, place)).toEqual({ scorers: 4, gpus: 2 });
  expect(planScorers({ backend: 'gpu', scorers: 1 }, place)).toEqual({ scorers: 1, gpus: 1 });
  expect(planScorers({ backend: 'native', scorers: 3 }, place)).toEqual({ scorers: 3, gpus: 0 });
});

test('scorerPlace() counts no GPU where nothing is set up, or what is there cannot be used', () => {
  const home = mkdtempSync(join(tmpdir(), 'place-'));
  try {
    expect(scorerPlace(home).gpus).toBe(0);
    writeFileSync(join(home, 'setup.json'), '{"format": 1, "kind": "gpu", "sources": {"gone.cc": ""}}');
    expect(scorerPlace(home).gpus).toBe(0);
  } finally {
    rmSync(home, { recursive: true });
  }
});
