import { feedbackLines } from './feedback-section.ts';
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
    feedbackLines(parts.feedback, parts.tuned.weights),
    '## What was changed',
    changeLine(parts),
    scalingLine(parts),
    '## How it stands beside the version it began from',
    'At the alert threshold. **Windows that trained it show only that it learnt; they are not a measurement.** No figure of a cross-fit is carried over. Whether it may serve is for the gate to say, on data that neither learnt from.',
    figuresTable(parts),
  ].join('\n\n')}\n`;
}

function corpusLine({ corpus, tuned: { rehearsed, weights } }: TunedParts): string {
  const attack = corpus.filter(({ capture }) => capture.attack !== false).length;
  return `${corpus.length} captures (${attack} with an attack), which count ${weights.corpus.toFixed(0)} windows; ${rehearsed.length} of their windows were shown to the trees.`;
}

function changeLine({ champion, tuned: { recipe, trees } }: TunedParts): string {
  const added = (trees?.trees.length ?? 0) - (champion.model.trees?.trees.length ?? 0);
  const grown = trees
    ? ` ${added} trees were added to ${trees.trees.length - added}, from their margins.`
    : '';
  return `The network was trained on for ${recipe.epochs} epochs of ${recipe.drawsPerEpoch} windows at a rate of ${recipe.learningRate}.${grown} The simple models beside it are those of the version it began from.`;
}

/** How 0.7 was set: no benign window is left that neither version learnt from. */
function scalingLine({ tuned: { threshold } }: TunedParts): string {
  const { shift, windows } = threshold;
  const held =
    'New trees are held to what the version it began from says of the corpus, so that a score keeps its meaning.';
  return shift === 0
    ? `${held} The scaling is that of the version it began from: ${windows} windows of the corpus that fine-tuning was not shown lie near its threshold, too few to move it.`
    : `${held} The threshold moved by ${shift.toFixed(3)} in the logit, as ${windows} windows of the corpus did that lie near it and that fine-tuning was not shown (the version it began from had learnt from them): what alerted goes on to alert. It was not set anew on benign windows, because none is left that neither learnt from.`;
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
