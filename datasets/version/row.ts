import { createHash } from 'node:crypto';
import type { HeteroGraph } from '../../contracts/graph.ts';
import type { Label } from '../label.ts';
import type { Capture } from '../manifest.ts';
import type { Side } from './sides.ts';

/** One window of a capture as a row of a version. The graph itself is named by its content and made again from the capture. */
export interface WindowRow {
  readonly id: string; // of everything else in the row but its side and fold
  readonly capture: string;
  readonly run: string;
  readonly lab: string;
  readonly cluster: string;
  readonly licence: string;
  readonly source: string;
  readonly platform: string;
  readonly host: string; // endpoint id
  readonly start: number; // epoch seconds
  readonly end: number; // epoch seconds, exclusive
  readonly label: Label;
  readonly side: Side;
  readonly fold: number | null; // the fold that judges it
  readonly graph: string; // content hash
  readonly events: number;
  readonly nodes: number;
  readonly edges: number;
  readonly truncated: boolean;
  readonly techniques: readonly string[]; // of attack windows, as the capture's manifest names them
}

/** A labelled window as whoever reads captures gives it. */
export interface LabelledWindow {
  readonly host: string; // endpoint id
  readonly start: number; // epoch seconds
  readonly end: number; // epoch seconds, exclusive
  readonly label: Label;
  readonly graph: Pick<HeteroGraph, 'contentHash' | 'eventCount' | 'nodesPerType' | 'truncated'> & {
    readonly relation: { readonly length: number }; // edges
  };
}

/** A row before it is known on which side its capture stands. */
export type UnsplitRow = Omit<WindowRow, 'side' | 'fold'>;

/** The row of a window. */
export function rowOf(capture: Capture, { host, start, end, label, graph }: LabelledWindow): UnsplitRow {
  const content = {
    capture: capture.id,
    run: capture.run,
    lab: capture.lab,
    cluster: capture.cluster,
    licence: capture.licence,
    source: capture.source,
    platform: capture.platform,
    host,
    start,
    end,
    label,
    graph: graph.contentHash,
    events: graph.eventCount,
    nodes: graph.nodesPerType.reduce((sum, count) => sum + count, 0),
    edges: graph.relation.length,
    truncated: graph.truncated !== undefined,
    techniques: label === 'attack' ? capture.techniques : [],
  };
  return { id: rowId(content), ...content };
}

/** The id that a row's content gives: a changed label, graph or lineage is another row. */
export function rowId(row: Omit<UnsplitRow, 'id'>): string {
  const { capture, run, lab, cluster, licence, source, platform, host, start, end, label } = row;
  const { graph, events, nodes, edges, truncated, techniques } = row;
  const lineage = [capture, run, lab, cluster, licence, source, platform, host, start, end, label];
  const content = [graph, events, nodes, edges, truncated, techniques];
  return createHash('sha256')
    .update(JSON.stringify([lineage, content]))
    .digest('hex')
    .slice(0, 32);
}
