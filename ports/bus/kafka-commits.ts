import { reasonOf } from '../../contracts/errors.ts';
import type { Topic } from '../../contracts/topics.ts';
import type { Telemetry } from '../telemetry/telemetry.ts';
import type { Position } from './bus.ts';

/** What of a partition in a consumer's hands matters for its commits. */
export interface Committing {
  readonly topic: Topic;
  readonly partition: number;
  lost: boolean; // the group went on without this consumer
  commit: number | undefined; // wanted, not yet sent
}

interface CommitNeeds {
  readonly group: string;
  readonly telemetry: Telemetry;
  /** The partitions held now. */
  readonly held: () => Iterable<Committing>;
  /** Stores the offsets in the group; throws when they were not taken. */
  readonly send: (offsets: readonly Position[]) => Promise<void>;
}

/** The commits of a consumer: one request under way, what is wanted meanwhile shares the next. */
export class Commits {
  private readonly needs: CommitNeeds;
  private sending: Promise<void> | undefined;

  constructor(needs: CommitNeeds) {
    this.needs = needs;
  }

  /** Ends when the offset is stored, or refused and counted: then whoever reads next begins at the commit before. */
  async commit(holding: Committing | undefined, position: Position): Promise<void> {
    if (!holding || holding.lost) {
      this.refuse(position, 'the partition has gone');
      return;
    }
    const { offset } = position;
    holding.commit = Math.max(holding.commit ?? 0, offset);
    while (holding.commit !== undefined && holding.commit <= offset) {
      this.sending ??= this.sendAll().finally(() => {
        this.sending = undefined;
      });
      await this.sending;
    }
  }

  private async sendAll(): Promise<void> {
    const wanted = [...this.needs.held()].flatMap((holding) =>
      holding.commit === undefined ? [] : [{ holding, offset: holding.commit }],
    );
    const offsets = wanted
      .filter(({ holding }) => !holding.lost)
      .map(({ holding: { topic, partition }, offset }) => ({ topic, partition, offset }));
    try {
      if (offsets.length > 0) await this.needs.send(offsets);
    } catch (error) {
      for (const { holding, offset } of wanted) this.refuse({ ...holding, offset }, reasonOf(error));
    }
    for (const { holding, offset } of wanted) if (holding.commit === offset) holding.commit = undefined;
  }

  private refuse({ topic, partition, offset }: Position, reason: string): void {
    const { group, telemetry } = this.needs;
    telemetry.metrics.count('bus_commits_refused_total', { group, topic });
    telemetry.log.debug('commit was not taken', { group, topic, partition, offset, reason });
  }
}
