import type { estypes } from '@elastic/elasticsearch';
import { LogsterError } from '../../contracts/errors.ts';
import type { Connection } from './elasticsearch-connection.ts';
import { type Field, type Index, KEYWORD_LIMIT } from './fields.ts';

/** Of our own fields, not of those that can be asked for: raised when this file changes what they mean. */
const LAYOUT = 1;

/** Above what stands at 0 to 100 in most clusters; a template of the operator's own may go above ours. */
const PRIORITY = 200;

/** One index of the port on the server. `dated`: an alias over an index per day. */
export interface Place {
  readonly index: Index;
  readonly alias: string;
  readonly dated: boolean;
}

export interface Layout {
  readonly shards: number;
  readonly replicas: number;
  readonly refreshMs: number;
}

/**
 * Installs the template of an index and adds new fields to what lies there already. Idempotent, and any number of
 * processes may do it at once: all write the same. Documents stored before a field was new do not have it.
 * Throws `conflict` for the template of a newer Logster, and for a field that is there with another type.
 */
export async function install(connection: Connection, place: Place, layout: Layout): Promise<void> {
  const { alias, dated, index } = place;
  await refuseNewer(connection, alias);
  const mappings = mappingsOf(index);
  await connection.ask((client) =>
    client.indices.putIndexTemplate({
      name: alias,
      index_patterns: [dated ? `${alias}-*` : alias],
      priority: PRIORITY,
      _meta: { product: 'logster', layout: LAYOUT },
      template: {
        settings: {
          number_of_shards: layout.shards,
          number_of_replicas: layout.replicas,
          refresh_interval: `${layout.refreshMs}ms`,
        },
        mappings,
        ...(dated && { aliases: { [alias]: {} } }),
      },
    }),
  );
  await addFields(connection, place, mappings);
}

async function refuseNewer(connection: Connection, alias: string): Promise<void> {
  const found = await connection
    .ask((client) => client.indices.getIndexTemplate({ name: alias }))
    .catch((thrown: unknown) => {
      if (thrown instanceof LogsterError && thrown.code === 'not-found') return undefined;
      throw thrown;
    });
  const layout = Number(found?.index_templates[0]?.index_template._meta?.['layout'] ?? 0);
  if (layout <= LAYOUT) return;
  throw new LogsterError(
    'conflict',
    `The template ${alias} at ${connection.where} is of a newer Logster (layout ${layout}, this one knows ${LAYOUT}); start that one or choose another prefix`,
  );
}

async function addFields(
  connection: Connection,
  { alias }: Place,
  mappings: estypes.MappingTypeMapping,
): Promise<void> {
  try {
    await connection.ask((client) =>
      client.indices.putMapping({
        index: alias,
        ignore_unavailable: true,
        allow_no_indices: true,
        ...mappings,
      } as estypes.IndicesPutMappingRequest),
    );
  } catch (thrown) {
    if (!(thrown instanceof LogsterError) || thrown.code !== 'input-invalid') throw thrown;
    throw new LogsterError('conflict', `${alias} lies there with other fields: ${thrown.message}`, {
      cause: thrown,
    });
  }
}

/**
 * Numbers and dates are `double`: a `date` keeps whole milliseconds or seconds, and the same question must get the
 * same answer, to the last digit, as from the embedded store. Kibana's time is `@timestamp`.
 */
function mappingsOf(index: Index): estypes.MappingTypeMapping {
  const properties: Record<string, estypes.MappingProperty> = {
    id: { type: 'keyword' }, // sorting by `_id` is off by default since version 8
    '@timestamp': { type: 'date', format: 'strict_date_optional_time||epoch_millis', ignore_malformed: true },
    body: { type: 'keyword', index: false, doc_values: false }, // kept in the source alone
  };
  for (const field of index.fields) properties[field.name] = propertyOf(field);
  return { dynamic: false, properties };
}

function propertyOf({ kind }: Field): estypes.MappingProperty {
  return kind === 'keyword' ? { type: 'keyword', ignore_above: KEYWORD_LIMIT } : { type: 'double' };
}
