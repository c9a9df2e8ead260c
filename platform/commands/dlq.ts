import type { Command } from 'commander';
import { type DeadLetter, deadLetterSchema } from '../../contracts/dead-letter.ts';
import { LogsterError } from '../../contracts/errors.ts';
import { DEAD_LETTER_TOPIC, TOPICS, type Topic } from '../../contracts/topics.ts';
import type { Bus } from '../../ports/bus/bus.ts';
import { recordedTelemetry } from '../../ports/telemetry/embedded.ts';
import type { Surroundings } from '../cli.ts';
import { readConfig } from '../config.ts';
import { openPorts } from '../open-ports.ts';
import { table } from '../table.ts';

interface Kept {
  readonly place: string; // partition/offset in the dead letters
  readonly letter: DeadLetter;
}

const PAGE = 1000;

/** `logster dlq`: what could not be used, why, and how to send it again. */
export function addDlqCommand(program: Command, { root, environment }: Surroundings): void {
  const dlq = program.command('dlq').description('messages that no stage could use');
  const withBus = async (run: (bus: Bus) => Promise<void>): Promise<void> => {
    const ports = await openPorts(readConfig(environment, root), recordedTelemetry(), { only: ['bus'] });
    try {
      await run(ports.bus);
    } finally {
      await ports.close();
    }
  };
  dlq
    .command('list')
    .description('one line per message, newest last')
    .option('--reason <reason>', 'only those with this reason')
    .option('--json', 'one JSON object a line')
    .action(({ reason, json }: { reason?: string; json?: boolean }) =>
      withBus(async (bus) => {
        const kept = (await letters(bus)).filter(
          ({ letter }) => reason === undefined || letter.reason === reason,
        );
        if (json) {
          for (const { place, letter } of kept)
            process.stdout.write(`${JSON.stringify({ place, ...letter })}\n`);
          return;
        }
        const rows = kept.map(({ place, letter }) => [
          place,
          new Date(letter.at * 1000).toISOString(),
          letter.stage,
          letter.reason,
          letter.source_topic,
          letter.payload_bytes,
        ]);
        process.stdout.write(
          `${table(['place', 'at', 'stage', 'reason', 'from', 'bytes'], rows)}\n${kept.length} in all\n`,
        );
      }),
    );
  dlq
    .command('show')
    .description('a message whole, with what it held')
    .argument('<place>', 'as `dlq list` names it')
    .action((place: string) =>
      withBus(async (bus) => {
        const { letter } = await letterAt(bus, place);
        const { payload, ...rest } = letter;
        process.stdout.write(
          `${JSON.stringify(rest, null, 2)}\n${Buffer.from(payload, 'base64').toString()}\n`,
        );
      }),
    );
  dlq
    .command('replay')
    .description('send messages again to the topic they came from')
    .argument('<places...>', 'as `dlq list` names them')
    .action((places: string[]) =>
      withBus(async (bus) => {
        for (const place of places) await sendAgain(bus, await letterAt(bus, place));
        process.stdout.write(`${places.length} sent again\n`);
      }),
    );
}

async function letters(bus: Bus): Promise<Kept[]> {
  const kept: Kept[] = [];
  for (const [partition, { first, next }] of (await bus.offsets(DEAD_LETTER_TOPIC)).entries()) {
    for (let offset = first; offset < next; ) {
      const page = await bus.read(DEAD_LETTER_TOPIC, partition, offset, PAGE);
      if (page.length === 0) break;
      for (const message of page) {
        kept.push({
          place: `${partition}/${message.offset}`,
          letter: deadLetterSchema.parse(JSON.parse(message.value.toString())),
        });
        offset = message.offset + 1;
      }
    }
  }
  return kept.sort((a, b) => a.letter.at - b.letter.at);
}

async function letterAt(bus: Bus, place: string): Promise<Kept> {
  const [partition = Number.NaN, offset = Number.NaN] = place.split('/').map(Number);
  const [message] =
    Number.isInteger(partition) && Number.isInteger(offset)
      ? await bus.read(DEAD_LETTER_TOPIC, partition, offset, 1)
      : [];
  if (!message || message.offset !== offset)
    throw new LogsterError(
      'not-found',
      `No dead letter at ${place}; \`logster dlq list\` shows those there are`,
    );
  return { place, letter: deadLetterSchema.parse(JSON.parse(message.value.toString())) };
}

async function sendAgain(bus: Bus, { place, letter }: Kept): Promise<void> {
  const payload = Buffer.from(letter.payload, 'base64');
  if (!(letter.source_topic in TOPICS))
    throw new LogsterError(
      'conflict',
      `Dead letter ${place} came from ${letter.source_topic}, which is no topic; its job cannot be sent again`,
    );
  if (payload.length < letter.payload_bytes)
    throw new LogsterError(
      'conflict',
      `Dead letter ${place} was cut at ${payload.length} of ${letter.payload_bytes} bytes and cannot be sent again`,
    );
  await bus.publish(letter.source_topic as Topic, [
    { key: letter.key, value: payload, headers: letter.headers },
  ]);
}
