import { join } from 'node:path';
import { type AddedToken, addedToken, readAddedToken } from './added-tokens.js';
import { isObject, type Json, parseObject, readLimited } from './json.js';
import { refuse } from './refuse.js';
import type { TruncationSide } from './truncation.js';

const CONFIG_FILE = 'tokenizer_config.json';
const SPECIAL_FILE = 'special_tokens_map.json';
const ADDED_FILE = 'added_tokens.json';
/** Files that say how the vocabulary is used. Any may be absent. */
export const SETTINGS_FILES = [CONFIG_FILE, SPECIAL_FILE, ADDED_FILE];

/** Below this a limit leaves no room for text and is not meant (libs/contracts, versionManifest.maxTokens). */
const MIN_MODEL_MAX_LENGTH = 8;

/** Roles of special tokens in transformers' order, with what DeBERTa's classes call them. */
const ROLES = {
  bos_token: '[CLS]',
  eos_token: '[SEP]',
  unk_token: '[UNK]',
  sep_token: '[SEP]',
  pad_token: '[PAD]',
  cls_token: '[CLS]',
  mask_token: '[MASK]',
};
const MORE_SPECIAL = 'additional_special_tokens';

export type Role = keyof typeof ROLES;
/** A token as settings name it: with flags, or by its text alone. */
export type NamedToken = AddedToken | string;

/** What the files beside a vocabulary say, read as transformers 4.57 does (_from_pretrained). */
export interface TokenizerSettings {
  /** The tokenizer's own limit in tokens; null when it names none (transformers writes 1e30 for that). */
  modelMaxLength: number | null;
  truncationSide: TruncationSide;
  doLowerCase: boolean;
  splitByPunct: boolean;
  addPrefixSpace: boolean;
  /** In transformers' order; null for a role that the settings leave empty. */
  roles: Map<Role, NamedToken | null>;
  /** Special tokens without a role. */
  moreSpecial: NamedToken[];
  /** Added tokens that are listed with an id, in the order of the ids. */
  listed: AddedToken[];
}

/**
 * Reads the settings among the files `present` in a folder. `jsonTokens` are the added_tokens of the folder's
 * checked tokenizer.json, if it has one. Errors: `unsupported-tokenizer`.
 */
export async function readSettings(
  dir: string,
  present: string[],
  jsonTokens: Json[],
): Promise<TokenizerSettings> {
  const read = async (name: string): Promise<Json> =>
    present.includes(name) ? parseObject((await readLimited(join(dir, name))).toString('utf8'), name) : {};
  const config = await read(CONFIG_FILE);
  // Newer files list all added tokens in the configuration, and then the two others are not read.
  const modern = isObject(config.added_tokens_decoder);
  const special = modern ? {} : specialTokensOf(await read(SPECIAL_FILE));
  const named: Json = { ...config, ...special };
  const more = [config[MORE_SPECIAL], special[MORE_SPECIAL], config.extra_special_tokens];
  const moreSpecial = more.flatMap((list) => readTokens(list));
  const flagged = modern ? listedIn(config.added_tokens_decoder as Json) : byId(jsonTokens);
  const listed = modern ? flagged : new Map([...(await readAddedFile(read, named, moreSpecial)), ...flagged]);
  const byContent = new Map(Array.from(flagged.values(), (token) => [token.content, token]));
  const roles = Object.entries(ROLES).map(([role, customary]): [Role, NamedToken | null] => {
    if (!Object.hasOwn(named, role)) return [role as Role, customary];
    const token = readToken(named[role], CONFIG_FILE);
    return [role as Role, (token && byContent.get(textOf(token))) || token];
  });
  return {
    modelMaxLength: maxLength(config),
    truncationSide: truncationSide(config),
    doLowerCase: flag(config, 'do_lower_case'),
    splitByPunct: flag(config, 'split_by_punct'),
    addPrefixSpace: flag(config, 'add_prefix_space'),
    roles: new Map(roles),
    moreSpecial,
    listed: [...listed].sort(([a], [b]) => a - b).map(([, token]) => token),
  };
}

/** The text of a token. */
export function textOf(token: NamedToken): string {
  return typeof token === 'string' ? token : token.content;
}

/** Tokens that special_tokens_map.json spells out are special although it does not say so. */
function specialTokensOf(map: Json): Json {
  const spelled = (value: unknown) => (isObject(value) ? { ...value, special: true } : value);
  return Object.fromEntries(
    Object.entries(map).map(([role, value]) => [
      role,
      Array.isArray(value) ? value.map(spelled) : spelled(value),
    ]),
  );
}

/** added_tokens_decoder: tokens by id. */
function listedIn(decoder: Json): Map<number, AddedToken> {
  return new Map(
    Object.entries(decoder).map(([id, token]) => [tokenId(Number(id)), readAddedToken(token, CONFIG_FILE)]),
  );
}

/** added_tokens.json: ids by text. Those with a role are special. */
async function readAddedFile(
  read: (name: string) => Promise<Json>,
  named: Json,
  moreSpecial: NamedToken[],
): Promise<Map<number, AddedToken>> {
  const texts = new Set(moreSpecial.map(textOf));
  for (const role of Object.keys(ROLES)) {
    const token = readToken(named[role], CONFIG_FILE);
    if (token !== null) texts.add(textOf(token));
  }
  return new Map(
    Object.entries(await read(ADDED_FILE)).map(([text, id]) => [
      tokenId(id),
      addedToken(text, { special: texts.has(text) }),
    ]),
  );
}

function byId(jsonTokens: Json[]): Map<number, AddedToken> {
  return new Map(jsonTokens.map((token) => [token.id as number, readAddedToken(token, 'tokenizer.json')]));
}

function tokenId(id: unknown): number {
  return Number.isSafeInteger(id) ? (id as number) : refuse(CONFIG_FILE, 'an added token has no id');
}

/** A list of tokens, or a map of names to tokens. */
function readTokens(list: unknown): NamedToken[] {
  if (list === undefined || list === null) return [];
  if (typeof list !== 'object') refuse(CONFIG_FILE, `${MORE_SPECIAL} is not a list`);
  return Object.values(list).map(
    (value) => readToken(value, CONFIG_FILE) ?? refuse(CONFIG_FILE, 'a token is null'),
  );
}

function readToken(value: unknown, file: string): NamedToken | null {
  if (value === undefined || value === null) return null;
  return typeof value === 'string' ? value : readAddedToken(value, file);
}

function maxLength({ model_max_length: length }: Json): number | null {
  return Number.isSafeInteger(length) && Number(length) >= MIN_MODEL_MAX_LENGTH ? Number(length) : null;
}

function truncationSide({ truncation_side: side }: Json): TruncationSide {
  if (side === undefined || side === null || side === 'right') return 'right';
  return side === 'left' ? 'left' : refuse(CONFIG_FILE, 'truncation_side is neither left nor right');
}

function flag(config: Json, name: string): boolean {
  const value = config[name] ?? false;
  return typeof value === 'boolean' ? value : refuse(CONFIG_FILE, `${name} is neither true nor false`);
}
