import { existsSync, statfsSync } from 'node:fs';
import { availableParallelism, totalmem } from 'node:os';
import { dirname, join } from 'node:path';
import type { Command } from 'commander';
import { reasonOf } from '../../contracts/errors.ts';
import { PLATFORMS } from '../../contracts/event.ts';
import { recordedTelemetry } from '../../ports/telemetry/embedded.ts';
import { modelNameOf } from '../../serve/champions.ts';
import { checkBackend } from '../check-backend.ts';
import type { Surroundings } from '../cli.ts';
import { type Config, readConfig } from '../config.ts';
import { nativeFindings } from '../native-findings.ts';
import { enginesOf, openPorts } from '../open-ports.ts';
import { planScorers } from '../plan-scorers.ts';
import { registerShippedModels } from '../shipped-models.ts';
import { table } from '../table.ts';

type Verdict = 'ok' | 'note' | 'fault';
interface Finding {
  readonly what: string;
  readonly verdict: Verdict;
  readonly detail: string;
}

/** `logster doctor`: what is here, what is used and why. Ends with 1 when something is at fault. */
export function addDoctorCommand(program: Command, { root, environment }: Surroundings): void {
  program
    .command('doctor')
    .description('what this machine has, what Logster uses of it and why')
    .option('--json', 'one JSON object')
    .action(async ({ json }: { json?: boolean }) => {
      const config = readConfig(environment, root);
      const findings = [
        ...machineFindings(config),
        ...nativeFindings(),
        ...(await portFindings(config, root)),
        ...pageFindings(root),
      ];
      process.stdout.write(
        json
          ? `${JSON.stringify({ findings })}\n`
          : `${table(
              ['', 'what', 'finding'],
              findings.map(({ verdict, what, detail }) => [verdict, what, detail]),
            )}\n`,
      );
      if (findings.some(({ verdict }) => verdict === 'fault')) process.exitCode = 1;
    });
}

function machineFindings(config: Config): Finding[] {
  const cores = availableParallelism();
  const { scorers, gpus } = planScorers(config.model);
  const folder = existsSync(config.data.directory) ? config.data.directory : dirname(config.data.directory);
  const { bavail, bsize } = statfsSync(folder);
  const freeGiB = (bavail * bsize) / 1024 ** 3;
  return [
    {
      what: 'Node',
      verdict: 'ok',
      detail: `${process.versions.node} on ${process.platform} ${process.arch}`,
    },
    {
      what: 'machine',
      verdict: 'ok',
      detail: `${cores} cores, ${(totalmem() / 1024 ** 3).toFixed(0)} GiB; ${scorers} scorer process${scorers === 1 ? '' : 'es'}${gpus > 0 ? ` on ${gpus} GPU${gpus === 1 ? '' : 's'}` : ''}`,
    },
    {
      what: 'data directory',
      verdict: freeGiB < 2 ? 'fault' : 'ok',
      detail: `${config.data.directory}, ${freeGiB.toFixed(1)} GiB free${freeGiB < 2 ? '; at least 2 are needed' : ''}`,
    },
  ];
}

async function portFindings(config: Config, root: string): Promise<Finding[]> {
  const telemetry = recordedTelemetry();
  try {
    const ports = await openPorts(config, telemetry);
    try {
      await registerShippedModels(ports.registry, join(root, 'models'), telemetry.log);
      const engines: Finding = {
        what: 'ports',
        verdict: 'ok',
        detail: Object.entries(enginesOf(config))
          .map(([port, engine]) => `${port}: ${engine}`)
          .join(', '),
      };
      const models = await Promise.all(
        PLATFORMS.map(async (platform): Promise<Finding[]> => {
          const champion = await ports.registry.alias(modelNameOf(platform), 'champion');
          const what = `model ${platform}`;
          if (!champion)
            return [
              { what, verdict: 'fault', detail: `no champion of ${modelNameOf(platform)} in the registry` },
            ];
          const backend = await checkBackend(
            ports.registry,
            platform,
            champion.version,
            config.model.backend,
          );
          return [
            {
              what,
              verdict: 'ok',
              detail: `${modelNameOf(platform)}@${champion.version} (${champion.tags.origin ?? 'promoted'})`,
            },
            { what: `backend ${platform}`, verdict: 'ok', detail: `${backend.name}: ${backend.detail}` },
            ...backend.passedOver.map(
              ({ name, reason }): Finding => ({
                what: `backend ${name}`,
                verdict: 'note',
                detail: `not used: ${reason}`,
              }),
            ),
          ];
        }),
      );
      return [engines, ...models.flat()];
    } finally {
      await ports.close();
    }
  } catch (thrown) {
    return [{ what: 'ports and models', verdict: 'fault', detail: reasonOf(thrown) }];
  }
}

function pageFindings(root: string): Finding[] {
  const built = existsSync(join(root, 'dist/dashboard-page/index.html'));
  return [
    {
      what: 'dashboard page',
      verdict: built ? 'ok' : 'fault',
      detail: built ? 'built' : 'not built; run `npm run build`',
    },
  ];
}
