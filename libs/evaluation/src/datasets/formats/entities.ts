import { codePointLength } from '@heddle/contracts';
import type { ExpectedEntity } from '../example.js';
import { wrong } from '../reading/fields.js';

export interface TaggedToken {
  token: string;
  /** `O`, or a prefix and a type, as `B-LOC`. */
  tag: string;
}

/**
 * Tokens, with blanks between them, as a text and the entities in it, in code points. Tags are IOB1, IOB2, BILOU or BIOES;
 * as in conlleval an entity begins where the tag says so or where it cannot go on from the one before.
 * Errors: `validation`.
 */
export function entitiesOf(tokens: readonly TaggedToken[]): { text: string; entities: ExpectedEntity[] } {
  const entities: ExpectedEntity[] = [];
  let open: ExpectedEntity | null = null;
  let at = 0;
  for (const { token, tag } of tokens) {
    const end = at + codePointLength(token);
    const { prefix, type } = partsOf(tag);
    if (prefix === 'O') open = null;
    else if (open && open.entity_group === type && GOES_ON.has(prefix)) open.end = end;
    else {
      open = { entity_group: type, start: at, end };
      entities.push(open);
    }
    if (ENDS.has(prefix)) open = null;
    at = end + 1;
  }
  return { text: tokens.map(({ token }) => token).join(' '), entities };
}

/** I inside, L and E last, U and S alone. */
const GOES_ON = new Set(['I', 'L', 'E']);
const ENDS = new Set(['L', 'E', 'U', 'S']);
const TAG = /^([BILEUS])-(.+)$/;

/** Whether a text is written as a tag. */
export function isTag(text: string): boolean {
  return text === 'O' || TAG.test(text);
}

function partsOf(tag: string): { prefix: string; type: string } {
  if (tag === 'O') return { prefix: 'O', type: '' };
  const [, prefix, type] = TAG.exec(tag) ?? [];
  if (prefix === undefined)
    throw wrong('/tag', `"${tag}" is neither O nor a type with B-, I-, L-, E-, U- or S- before it`);
  return { prefix, type: type! };
}
