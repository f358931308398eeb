import { mutate, type Random } from '@heddle/testing';

/** JSON as it is written: keys may come twice, and leaves are text that need not be JSON. */
type Node = string | Node[] | { members: [string, Node][] };

/** What stands where something else was: other types, numbers that overflow, nesting, names with a meaning. */
const VALUES = [
  'null',
  'true',
  'false',
  '0',
  '-1',
  '0.5',
  '1e-320',
  '1e308',
  '-1e308',
  '1e999',
  '2147483647',
  '4294967296',
  '9007199254740993',
  '18446744073709551616',
  '""',
  '" "',
  '"\\u0000"',
  '"\\ud800"',
  '"__proto__"',
  '"[CLS]"',
  '"▁"',
  '[]',
  '{}',
  '[[]]',
  '{"type":"Sequence"}',
  `${'['.repeat(40)}${']'.repeat(40)}`,
  `${'['.repeat(20_000)}${']'.repeat(20_000)}`,
  `${'{"a":'.repeat(200)}1${'}'.repeat(200)}`,
  `"${'x'.repeat(5_000)}"`,
  `[${'0,'.repeat(3_000)}0]`,
];
const KEYS = ['__proto__', 'constructor', 'toString', '', 'type', 'id', '0', 'x'.repeat(2_000)];
/** Large files take memory in proportion, which is not what is sought. */
const MOST_REPEATED_CHARS = 500_000;
/** A string of this length is a precompiled charsmap, in base64. */
const MIN_BLOB_CHARS = 200;

/** One to three changes of a JSON text's values, keys and order. */
export function mutateJson(text: string, random: Random): Buffer {
  let node = toNode(JSON.parse(text));
  for (let changes = 1 + random.below(3); changes > 0; changes--) node = change(node, node, random);
  return Buffer.from(write(node));
}

function toNode(value: unknown): Node {
  if (Array.isArray(value)) return value.map(toNode);
  if (typeof value !== 'object' || value === null) return JSON.stringify(value);
  return { members: Object.entries(value).map(([key, member]) => [key, toNode(member)]) };
}

function write(node: Node): string {
  if (typeof node === 'string') return node;
  if (Array.isArray(node)) return `[${node.map(write).join(',')}]`;
  return `{${node.members.map(([key, value]) => `${JSON.stringify(key)}:${write(value)}`).join(',')}}`;
}

/** A copy in which a node somewhere below is changed; every level is as likely as its depth. */
function change(node: Node, root: Node, random: Random): Node {
  const entries = entriesOf(node);
  if (entries.length === 0 || random.chance(6)) return changed(node, root, random);
  const at = random.below(entries.length);
  const [key, value] = entries[at]!;
  return rebuilt(node, entries.with(at, [key, change(value, root, random)]));
}

function changed(node: Node, root: Node, random: Random): Node {
  const entries = entriesOf(node);
  const at = random.below(entries.length + 1);
  const [key, value] = entries[at] ?? ['', 'null'];
  switch (entries.length === 0 ? random.below(3) : random.below(9)) {
    case 0:
      return random.pick(VALUES);
    case 1:
      return typeof node === 'string' ? otherLeaf(node, random) : node;
    case 2:
      return anyOf(root, random);
    case 3:
      return rebuilt(node, entries.toSpliced(at, 1));
    case 4:
      return rebuilt(node, entries.toSpliced(at, 0, [key, random.pick(VALUES)]));
    case 5:
      return rebuilt(node, [...entries, [key, random.chance(2) ? value : anyOf(root, random)]]);
    case 6:
      return rebuilt(node, entries.with(at % entries.length, [random.pick(KEYS), value]));
    case 7:
      // Many of the same: lists of components and of tokens.
      return rebuilt(node, [...entries, ...many([key, value], random.pick([1, 50, 2_000]))]);
    default:
      return rebuilt(node, entries.toReversed());
  }
}

function many(entry: [string, Node], times: number): [string, Node][] {
  const most = 1 + Math.floor(MOST_REPEATED_CHARS / write(entry[1]).length);
  return new Array<[string, Node]>(Math.min(times, most)).fill(entry);
}

/** A number near the one that is there, or text with damage. */
function otherLeaf(leaf: string, random: Random): Node {
  const value: unknown = safeParse(leaf);
  if (typeof value === 'number') return String(value + random.pick([-1, 1, 2, 0.5, 1000, -1000]));
  if (typeof value !== 'string') return random.pick(VALUES);
  if (value.length < MIN_BLOB_CHARS) return JSON.stringify(mutate(Buffer.from(value), random).toString());
  return JSON.stringify(mutate(Buffer.from(value, 'base64'), random).toString('base64'));
}

/** Some part of the same text, of any size. */
function anyOf(node: Node, random: Random): Node {
  const entries = entriesOf(node);
  if (entries.length === 0 || random.chance(4)) return node;
  return anyOf(random.pick(entries)[1], random);
}

function entriesOf(node: Node): [string, Node][] {
  if (typeof node === 'string') return [];
  return Array.isArray(node) ? node.map((value, i) => [String(i), value]) : node.members;
}

function rebuilt(node: Node, entries: [string, Node][]): Node {
  return Array.isArray(node) ? entries.map(([, value]) => value) : { members: entries };
}

function safeParse(leaf: string): unknown {
  try {
    return JSON.parse(leaf);
  } catch {
    return null;
  }
}
