import type { FeedbackExample } from '../datasets/feedback/example.ts';
import { MOST_FEEDBACK } from './fine-tune.ts';
import type { Standing } from './tuned-figures.ts';
import type { BeforeAfter, TunedParts } from './tuned-version.ts';

/** The card of a fine-tuned version as Markdown: what it began from, what changed it, how it stands beside that. */
export function tuneCard(parts: TunedParts): string {
  const { manifest, champion, code } = parts;
  return `${[
    `# ${manifest.name}`,
    `Fine-tuned from ${champion.id}. Made ${manifest.createdAt}; network ${manifest.architecture}, features ${manifest.featureSchema}, data ${manifest.data}, seed ${manifest.seed}, code ${code}. \`origin.json\` lists everything that is needed to make it again.`,
    '## Learnt from',
    corpusLine(parts),
    feedbackLine(parts),
    verdictTable(parts.feedback),
    '## What was changed',
    changeLine(parts),
    'The scaling is that of the version it began from: the threshold was not set anew, because no benign window is left that neither of them learnt from. New trees are held to what that version says of the corpus, so that a score keeps its meaning; the tables say how far that held.',
    '## How it stands beside the version it began from',
    'At the alert threshold. **Windows that trained it show only that it learnt; they are not a measurement.** No figure of a cross-fit is carried over. Whether it may serve is for the gate to say, on data that neither learnt from.',
    figuresTable(parts),
  ].join('\n\n')}\n`;
}

function corpusLine({ corpus, tuned: { rehearsed, weights } }: TunedParts): string {
  const attack = corpus.filter(({ capture }) => capture.attack !== false).length;
  return `${corpus.length} captures (${attack} with an attack), which count ${weights.corpus.toFixed(0)} windows; ${rehearsed.length} of their windows were shown to the trees.`;
}

function feedbackLine({ feedback, tuned: { weights } }: TunedParts): string {
  const verdicts = new Set(feedback.flatMap((one) => one.feedbackIds)).size;
  const analysts = new Set(feedback.flatMap((one) => one.analysts)).size;
  const endpoints = new Set(feedback.map((one) => `${one.tenantId} ${one.endpointId}`)).size;
  const capped =
    weights.given < weights.asked
      ? ` They asked for ${weights.asked.toFixed(1)} and were scaled down to ${MOST_FEEDBACK} of the corpus.`
      : '';
  return `${feedback.length} windows that ${verdicts} verdicts of ${analysts} analysts gave a label, on ${endpoints} endpoints; they count ${weights.given.toFixed(1)} windows of the corpus.${capped}`;
}

function verdictTable(feedback: readonly FeedbackExample[]): string {
  const rows = (['benign', 'attack'] as const).flatMap((label) =>
    (['window', 'process', 'pattern'] as const).flatMap((scope) => {
      const own = feedback.filter((one) => one.label === label && one.scope === scope);
      const weight = own.reduce((sum, one) => sum + one.weight, 0);
      return own.length > 0 ? [`| ${label} | ${scope} | ${own.length} | ${weight.toFixed(1)} |`] : [];
    }),
  );
  return ['| verdict | scope | windows | weight asked |', '|---|---|---|---|', ...rows].join('\n');
}

function changeLine({ champion, tuned: { recipe, trees } }: TunedParts): string {
  const added = (trees?.trees.length ?? 0) - (champion.model.trees?.trees.length ?? 0);
  const grown = trees
    ? ` ${added} trees were added to ${trees.trees.length - added}, from their margins.`
    : '';
  return `The network was trained on for ${recipe.epochs} epochs of ${recipe.drawsPerEpoch} windows at a rate of ${recipe.learningRate}.${grown} The simple models beside it are those of the version it began from.`;
}

function figuresTable({ figures }: TunedParts): string {
  const rows = [
    ...rowsOf('judged windows (trained it)', figures.feedback),
    ...rowsOf('corpus (trained it)', figures.corpus),
    ...(figures.heldBack ? rowsOf('held back', figures.heldBack) : []),
  ];
  return [
    '| windows | model | benign alerted | attack alerted | attack captures found | loss |',
    '|---|---|---|---|---|---|',
    ...rows,
  ].join('\n');
}

function rowsOf(where: string, { before, after }: BeforeAfter): readonly string[] {
  const row = (who: string, one: Standing): string =>
    `| ${where} | ${who} | ${one.benignAlerted}/${one.benign} | ${one.attackAlerted}/${one.attack} | ${one.capturesFound}/${one.captures} | ${one.loss.toFixed(4)} |`;
  return [row('before', before), row('after', after)];
}
