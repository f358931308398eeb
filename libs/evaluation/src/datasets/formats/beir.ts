import { LIMITS } from '@heddle/contracts';
import type { DatasetFile, ExpectedRanking, SourceExample } from '../example.js';
import { MAX_KEPT_BYTES, MAX_KEPT_ENTRIES } from '../limits.js';
import { idOf, objectOf, textOf, withId, wrong } from '../reading/fields.js';
import { jsonLines, textLines } from '../reading/file-lines.js';
import type { FileReport, ReadReport } from '../report.js';

interface Query {
  text: string;
  line: number;
}
/** Entries of a file of judgements or candidates: query, document, number. */
type Entries = Map<string, Map<string, number>>;

const ROLES = ['corpus', 'queries', 'qrels', 'candidates'] as const;
type Role = (typeof ROLES)[number];
const NAMES =
  'corpus.jsonl, queries.jsonl, qrels/<split>.tsv and candidates.tsv (or a TREC run, .trec or .run)';

/**
 * A BEIR dataset: four files that are one. `candidates` holds what a first stage found, `query-id corpus-id score` or as
 * a TREC run; they are the documents to rerank, best first, the first thousand of a query. Queries of the corpus without
 * judgements or candidates are skipped. Relevant documents that are no candidates are `missing`.
 * `line` is that of the query.
 */
export async function* readBeir(
  files: readonly DatasetFile[],
  report: ReadReport,
): AsyncGenerator<SourceExample> {
  const byRole = rolesOf(files, report);
  if (!byRole) return;
  const queries = await queriesIn(byRole.queries, report.of(byRole.queries.name));
  if (!queries) return;
  const grades = await entriesIn(byRole.qrels, queries, report.of(byRole.qrels.name));
  if (!grades) return;
  const candidates = await entriesIn(byRole.candidates, grades, report.of(byRole.candidates.name));
  if (!candidates) return;
  const ranked = new Map<string, string[]>();
  for (const id of queries.keys()) {
    const found = candidates.get(id);
    if (grades.has(id) && found) ranked.set(id, bestOf(found));
    else report.skipped++;
  }
  const wanted = new Set([...ranked.values()].flat());
  const documents = await documentsIn(byRole.corpus, wanted, report.of(byRole.corpus.name));
  if (!documents) return;
  for (const [id, all] of ranked) {
    const { text: query, line } = queries.get(id)!;
    // Corpora have documents without a text, of which nothing can be said, and some have the query itself under its id.
    const isQuery = (document: string) => document === id && documents.get(document)?.endsWith(query);
    const found = all.filter((document) => documents.get(document) !== '' && !isQuery(document));
    if (found.length === 0) {
      report.skipped++;
      continue;
    }
    const example = report.of(byRole.queries.name).try(line, (): SourceExample => {
      const missing = found.find((document) => !documents.has(document));
      if (missing !== undefined) throw wrong('/documents', `the corpus has no document "${missing}"`);
      const input = withId(id, { query, documents: found.map((document) => documents.get(document)!) });
      return { input, expected: rankingOf(found, grades.get(id)!), line };
    });
    if (example) yield example;
  }
}

/** Grades below 0 are those of documents that are not relevant. */
function rankingOf(ids: string[], grades: ReadonlyMap<string, number>): ExpectedRanking {
  const among = new Set(ids);
  const missing = [...grades].filter(([id, grade]) => grade > 0 && !among.has(id)).map(([, grade]) => grade);
  return { grades: ids.map((id) => Math.max(0, grades.get(id) ?? 0)), missing: inShort(missing), ids };
}

/** Grades, or how many there are of each where the list would be too long for an example. */
function inShort(grades: number[]): number[] | Record<string, number> {
  if (grades.length <= LIMITS.maxDocuments) return grades;
  const counts: Record<string, number> = {};
  for (const grade of grades) counts[grade] = (counts[grade] ?? 0) + 1;
  return counts;
}

/** What a file of a BEIR dataset is, by its name; null where the name tells nothing. */
export function beirRole(name: string): Role | null {
  const path = name.toLowerCase().replaceAll('\\', '/');
  const base = path.slice(path.lastIndexOf('/') + 1);
  if (base === 'corpus.jsonl') return 'corpus';
  if (base === 'queries.jsonl') return 'queries';
  if (base === 'candidates.tsv' || /\.(trec|run)$/.test(base)) return 'candidates';
  if (base === 'qrels.tsv' || /(^|\/)qrels\/[^/]+\.tsv$/.test(path)) return 'qrels';
  return null;
}

function rolesOf(files: readonly DatasetFile[], report: ReadReport): Record<Role, DatasetFile> | null {
  const found: Partial<Record<Role, DatasetFile>> = {};
  const fail = (file: string, message: string) => {
    report.of(file).note(null, 'validation', message);
    return null;
  };
  for (const file of files) {
    const role = beirRole(file.name);
    if (!role) return fail(file.name, `The files of a BEIR dataset are ${NAMES}.`);
    if (found[role])
      return fail(file.name, `${found[role].name} is the ${role} already; a dataset has one of each.`);
    found[role] = file;
  }
  const missing = ROLES.filter((role) => !found[role]);
  if (missing.length > 0)
    return fail(files[0]?.name ?? '', `A BEIR dataset is ${NAMES}; missing: ${missing.join(', ')}.`);
  return found as Record<Role, DatasetFile>;
}

async function queriesIn(file: DatasetFile, report: FileReport): Promise<Map<string, Query> | null> {
  const queries = new Map<string, Query>();
  const kept = new Kept();
  for await (const { number, value } of jsonLines(file, report)) {
    report.try(number, () => {
      const line = objectOf(value);
      const id = requiredId(line._id);
      const before = queries.get(id);
      if (before) throw wrong('/_id', `line ${before.line} has the same id`);
      const text = textOf(line, 'text');
      queries.set(id, { text, line: number });
      kept.add(id, text);
    });
    if (kept.isTooMuch) return tooMuch(report);
  }
  return queries;
}

async function documentsIn(
  file: DatasetFile,
  wanted: ReadonlySet<string>,
  report: FileReport,
): Promise<Map<string, string> | null> {
  const documents = new Map<string, string>();
  const kept = new Kept();
  for await (const { number, value } of jsonLines(file, report)) {
    report.try(number, () => {
      const line = objectOf(value);
      const id = requiredId(line._id);
      if (!wanted.has(id)) return;
      if (documents.has(id)) throw wrong('/_id', `"${id}" is the id of two documents`);
      const title = line.title === undefined ? '' : textOf(line, 'title');
      const text = [title, textOf(line, 'text')].filter((part) => part !== '').join(' ');
      documents.set(id, text);
      kept.add(id, text);
    });
    if (kept.isTooMuch) return tooMuch(report);
  }
  return documents;
}

/**
 * `query document number`, tabs between; or a TREC run, `query Q0 document rank score tag`. A header is passed over, and so
 * are queries that are not `wanted`.
 */
async function entriesIn(
  file: DatasetFile,
  wanted: { has(query: string): boolean },
  report: FileReport,
): Promise<Entries | null> {
  const entries: Entries = new Map();
  const kept = new Kept();
  let count = 0;
  for await (const { number, text } of textLines(file, report)) {
    const cells = text.includes('\t') ? text.split('\t') : text.trim().split(/ +/);
    if (count === 0 && cells[0] === 'query-id') continue;
    report.try(number, () => {
      const [query, document, amount] = cells.length === 6 ? [cells[0], cells[2], cells[4]] : cells;
      if (!query || !document || amount === undefined || (cells.length !== 3 && cells.length !== 6))
        throw wrong('', `the line has ${cells.length} columns; query-id, corpus-id and score are three`);
      if (amount.trim() === '' || !Number.isFinite(Number(amount)))
        throw wrong('/score', `"${amount}" is not a number`);
      if (!wanted.has(query)) return;
      const ofQuery = entries.get(query) ?? new Map<string, number>();
      if (ofQuery.has(document)) throw wrong('', `query "${query}" has document "${document}" twice`);
      if (ofQuery.size === 0) kept.add(query, '');
      entries.set(query, ofQuery.set(document, Number(amount)));
      kept.addEntry(document);
    });
    if (kept.isTooMuch) return tooMuch(report);
    if (++count > MAX_KEPT_ENTRIES) {
      report.note(number, 'too-many-lines', `A file has at most ${MAX_KEPT_ENTRIES} lines.`);
      return null;
    }
  }
  return entries;
}

/** Best first; equal ones stay in the order of the file. */
function bestOf(found: Map<string, number>): string[] {
  const sorted = [...found].sort(([, one], [, other]) => other - one);
  return sorted.slice(0, LIMITS.maxDocuments).map(([id]) => id);
}

function requiredId(value: unknown): string {
  const id = idOf(value);
  if (id === undefined || id === '') throw wrong('/_id', 'is required');
  return id;
}

/** Bytes that an entry of a map takes beside its texts, and a map of its own. */
const ENTRY_BYTES = 50;
const MAP_BYTES = 350;

class Kept {
  private bytes = 0;

  /** Something that is found by its id. */
  add(id: string, text: string): void {
    this.bytes += MAP_BYTES + Buffer.byteLength(id) + Buffer.byteLength(text);
  }

  addEntry(id: string): void {
    this.bytes += ENTRY_BYTES + Buffer.byteLength(id);
  }

  get isTooMuch(): boolean {
    return this.bytes > MAX_KEPT_BYTES;
  }
}

function tooMuch(report: FileReport): null {
  const message = `What is needed at once takes more than ${MAX_KEPT_BYTES} bytes; give fewer candidates.`;
  report.note(null, 'payload-too-large', message);
  return null;
}
