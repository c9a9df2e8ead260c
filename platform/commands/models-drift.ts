import { join } from 'node:path';
import type { Command } from 'commander';
import { type Drift, PSI_BOUNDS, type Shift } from '../../contracts/drift.ts';
import { LogsterError } from '../../contracts/errors.ts';
import { PLATFORMS } from '../../contracts/event.ts';
import { systemClock } from '../../ports/telemetry/clock.ts';
import { recordedTelemetry } from '../../ports/telemetry/embedded.ts';
import type { Surroundings } from '../cli.ts';
import { readConfig } from '../config.ts';
import { measureDrift } from '../drift/measure-drift.ts';
import { openPorts } from '../open-ports.ts';
import { registerShippedModels } from '../shipped-models.ts';
import { table } from '../table.ts';
import { platformOf } from './models.ts';

const DAY_SECONDS = 86_400;

/** `logster models drift`: how far windows have moved from what the champion learnt from. */
export function addModelsDriftCommand(program: Command, { root, environment }: Surroundings): void {
  const models = program.commands.find((one) => one.name() === 'models') ?? program.command('models');
  models
    .command('drift')
    .description(
      'how far windows have moved from what the champion learnt from, and the precision of its alerts',
    )
    .requiredOption('--platform <platform>', PLATFORMS.join(' or '))
    .option('--days <number>', 'back from now', '7')
    .option('--json', 'only the JSON object')
    .action(async (flags: { platform: string; days: string; json?: boolean }) => {
      const platform = platformOf(flags.platform);
      const days = daysOf(flags.days);
      const config = readConfig(environment, root);
      const telemetry = recordedTelemetry();
      const ports = await openPorts(config, telemetry, {
        only: ['graphs', 'registry', 'alerts', 'documents'],
      });
      try {
        await registerShippedModels(ports.registry, join(root, 'models'), telemetry.log);
        const until = systemClock.now();
        const sources = { ...ports, sampleShare: config.feedback.sample_share };
        const drift = await measureDrift(platform, sources, { from: until - days * DAY_SECONDS, until });
        process.stdout.write(flags.json ? `${JSON.stringify(drift)}\n` : `${driftText(drift)}\n`);
      } finally {
        await ports.close();
      }
    });
}

/** Drift as lines and tables for people. */
export function driftText(drift: Drift): string {
  const { platform, model, shifts, reason, windows, endpoints, scored, precision } = drift;
  const head = `${platform}, champion ${model ?? 'none'}: ${windows} kept graphs of ${endpoints} endpoints, ${scored} windows scored`;
  const weeks = precision.weeks.map(({ week, judged, right }) => [
    new Date(week * 1000).toISOString().slice(0, 10),
    ...[judged, right, `${Math.round((100 * right) / judged)} %`],
  ]);
  const parts = [
    head,
    shifts ? shiftsText(shifts) : WHY_NOT[reason ?? 'too-few'],
    weeks.length === 0
      ? 'No alert of the last twelve weeks was judged.'
      : table(['week from', 'alerts judged', 'right', 'precision'], weeks),
  ];
  return parts.join('\n\n');
}

const WHY_NOT: Readonly<Record<NonNullable<Drift['reason']>, string>> = {
  'too-few': 'Fewer than 100 graphs were kept in this period, too few to tell; ask for more --days.',
  'no-champion': 'No version is champion, so there is nothing to compare with.',
  'no-reference': 'The champion has no reference.json; versions trained from now on have one.',
};

function shiftsText({
  features,
  window,
  score,
  moved,
  strongest,
  unseen,
}: NonNullable<Drift['shifts']>): string {
  const row = (name: string, { psi, expected, excess }: Shift) => [
    ...[name, psi.toFixed(3), expected.toFixed(3), excess.toFixed(3)],
    verdictOf(excess),
  ];
  const percent = (share: number) => `${(100 * share).toFixed(2)} %`;
  const figures = [
    row('features', features),
    row('windows', window),
    ...(score?.comparable ? [row('scores', score)] : []),
  ];
  return [
    table(['population of', 'PSI', 'by chance', 'excess', 'reading'], figures),
    `${moved.features} of ${moved.of} features moved.`,
    strongest.length === 0
      ? ''
      : table(
          ['of', 'name', 'PSI', 'by chance', 'endpoints'],
          strongest.map((one) => [
            one.of,
            one.name,
            one.psi.toFixed(2),
            one.expected.toFixed(2),
            one.endpoints,
          ]),
        ),
    `Never seen in training: ${percent(unseen.nodes)} of nodes, ${percent(unseen.windows)} of windows. ${unseen.features
      .map(({ of, name }) => `${of} ${name}`)
      .join(', ')}`,
  ]
    .filter((part) => part !== '')
    .join('\n\n');
}

function verdictOf(excess: number): string {
  if (excess < PSI_BOUNDS.moderate) return 'the same';
  return excess < PSI_BOUNDS.major ? 'has moved' : 'another population';
}

function daysOf(text: string): number {
  const days = Number(text);
  if (days > 0 && days <= 365) return days;
  throw new LogsterError('input-invalid', `--days ${text} is no number of days from 1 to 365`);
}
