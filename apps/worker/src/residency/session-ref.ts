import type { GraphName } from '@heddle/deberta';

/** One graph of a model version: what a session is opened for. */
export interface SessionRef {
  version: string;
  graph: GraphName;
}

export function nameOf({ version, graph }: SessionRef): string {
  return `${version}/${graph}`;
}
