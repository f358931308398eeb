/** An entity of a sequence of tags: tokens `start` to `end`, which does not belong to it. */
export interface TaggedEntity {
  entity_group: string;
  start: number;
  end: number;
}

/** BILOU's names for the last token and for an entity of one token. */
const ALIASES: Readonly<Record<string, string>> = { L: 'E', U: 'S' };

interface Tag {
  mark: string;
  type: string;
}

const OUTSIDE: Tag = { mark: 'O', type: '_' };

/**
 * The entities of tags such as B-PER, by the rules of seqeval's default mode, which reads IOB1, IOB2, IOE and BIOES and
 * makes the best of tags that follow no scheme; L and U of BILOU are read as E and S.
 */
export function entitiesOfTags(tags: readonly string[]): TaggedEntity[] {
  const entities: TaggedEntity[] = [];
  let before: Tag = { mark: 'O', type: '' };
  let start = 0;
  [...tags.map(parse), OUTSIDE].forEach((tag, i) => {
    if (endsBetween(before, tag)) entities.push({ entity_group: before.type, start, end: i });
    if (startsBetween(before, tag)) start = i;
    before = tag;
  });
  return entities;
}

function parse(tag: string): Tag {
  const mark = tag.charAt(0);
  const rest = tag.slice(1);
  // 'B-first-name' is of type 'first-name', and 'B' of type '_'.
  const dash = rest.indexOf('-');
  return { mark: ALIASES[mark] ?? mark, type: (dash === -1 ? rest : rest.slice(dash + 1)) || '_' };
}

function endsBetween(before: Tag, tag: Tag): boolean {
  if ('ES'.includes(before.mark)) return true;
  if ('BI'.includes(before.mark) && 'BSO'.includes(tag.mark)) return true;
  return before.mark !== 'O' && before.mark !== '.' && before.type !== tag.type;
}

function startsBetween(before: Tag, tag: Tag): boolean {
  if ('BS'.includes(tag.mark)) return true;
  if ('ESO'.includes(before.mark) && 'EI'.includes(tag.mark)) return true;
  return tag.mark !== 'O' && tag.mark !== '.' && before.type !== tag.type;
}
