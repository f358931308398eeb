import { codePointLength } from '@heddle/contracts';
import { entitiesOfTags } from '../../metrics/entities/tags.js';
import type { ExpectedEntity } from '../example.js';
import { wrong } from '../reading/fields.js';

export interface TaggedToken {
  token: string;
  /** `O`, or a prefix and a type, as `B-LOC`. */
  tag: string;
}

/**
 * Tokens, with blanks between them, as a text and the entities in it, in code points. Tags are IOB1, IOB2, BILOU or BIOES;
 * they are read as seqeval does, by which an entity begins where the tag says so or where it cannot go on from the one before.
 * Errors: `validation`.
 */
export function entitiesOf(tokens: readonly TaggedToken[]): { text: string; entities: ExpectedEntity[] } {
  const ends: number[] = [];
  for (const { token, tag } of tokens) {
    if (!isTag(tag))
      throw wrong('/tag', `"${tag}" is neither O nor a type with B-, I-, L-, E-, U- or S- before it`);
    ends.push((ends.at(-1) ?? -1) + 1 + codePointLength(token));
  }
  const entities = entitiesOfTags(tokens.map(({ tag }) => tag)).map(
    ({ entity_group, start, end }): ExpectedEntity => ({
      entity_group,
      start: start === 0 ? 0 : ends[start - 1]! + 1,
      end: ends[end - 1]!,
    }),
  );
  return { text: tokens.map(({ token }) => token).join(' '), entities };
}

const TAG = /^[BILEUS]-.+$/;

/** Whether a text is written as a tag. */
export function isTag(text: string): boolean {
  return text === 'O' || TAG.test(text);
}
