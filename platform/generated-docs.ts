import { jsonSchemas } from '../contracts/json-schemas.ts';
import { featureTableMarkdown } from '../featurize/features.ts';
import { describeSettings } from './config.ts';

/** Every page and schema that is written from the code, by its path in the project. */
export function generatedDocs(): Readonly<Record<string, string>> {
  const schemas = Object.entries(jsonSchemas()).map(([name, schema]) => [
    `docs/schemas/${name}`,
    `${JSON.stringify(schema, null, 2)}\n`,
  ]);
  return {
    ...Object.fromEntries(schemas),
    'docs/features.md': featureTableMarkdown(),
    'docs/settings.md': settingsMarkdown(),
    'deploy/service-config.example.yaml': settingsExample(),
  };
}

function settingsMarkdown(): string {
  const rows = describeSettings().map(
    ({ name, standard, purpose }) =>
      `| \`${name}\` | ${standard === '' ? '' : `\`${standard}\``} | ${purpose} |`,
  );
  return `# Settings

Every setting has a default. \`deploy/service-config.yaml\` (or the file that \`LOGSTER_CONFIG\` names) changes it, and a variable
\`LOGSTER_<SECTION>__<KEY>\` goes before both: \`LOGSTER_ALERTS__MIN_THRESHOLD=0.8\`. \`LOGSTER_BACKEND\` is short for
\`model.backend\` and \`LOGSTER_DATA\` for \`data.directory\`. An unknown key or a value out of range stops the start and is
named. \`npm run logster -- config\` shows what is in force.

| Setting | Default | What for |
| --- | --- | --- |
${rows.join('\n')}
`;
}

/** A settings file that sets nothing: every setting commented out, with its default. */
function settingsExample(): string {
  const sections = new Map<string, string[]>();
  for (const { name, standard, purpose } of describeSettings()) {
    const [section = '', key = ''] = name.split('.');
    const lines = sections.get(section) ?? [];
    sections.set(section, lines);
    lines.push(`#  ${key}:${standard === '' ? '' : ` ${standard}`} # ${purpose}`);
  }
  const blocks = [...sections].map(([section, lines]) => [`#${section}:`, ...lines].join('\n'));
  return `# Copy to service-config.yaml beside this file, which is read where it exists, or name your copy in LOGSTER_CONFIG.
# Every setting, with its default after the colon where it has one. A variable LOGSTER_<SECTION>__<KEY> goes before it.

${blocks.join('\n\n')}
`;
}
