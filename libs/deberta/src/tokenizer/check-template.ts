import { componentsOf, isObject, type Json } from './json.js';
import { refuse } from './refuse.js';

/**
 * Refuses a post-processor whose special tokens are not spelled out or lie outside the embedding table; the native
 * tokenizer looks them up without asking. Errors: `unsupported-tokenizer`.
 */
export function checkPostProcessor(postProcessor: unknown, vocabSize: number, file: string): void {
  const isId = (id: unknown) => Number.isInteger(id) && (id as number) >= 0 && (id as number) < vocabSize;
  for (const component of componentsOf(postProcessor, 'processors')) {
    if (component.type === 'TemplateProcessing') checkTemplate(component, isId, file);
    if (component.type !== 'BertProcessing' && component.type !== 'RobertaProcessing') continue;
    for (const role of ['cls', 'sep']) {
      const [token, id] = Array.isArray(component[role]) ? component[role] : [];
      if (typeof token !== 'string' || !isId(id)) refuse(file, `${role} of the post-processor is no token`);
    }
  }
}

function checkTemplate(template: Json, isId: (id: unknown) => boolean, file: string): void {
  const specials = template.special_tokens;
  if (!isObject(specials)) refuse(file, 'the template has no special tokens');
  for (const [name, token] of Object.entries(specials)) {
    const { id, ids, tokens } = isObject(token) ? token : {};
    const isComplete = id === name && Array.isArray(ids) && Array.isArray(tokens);
    if (!isComplete || ids.length === 0 || ids.length !== tokens.length || !ids.every(isId))
      refuse(file, `the special token ${JSON.stringify(name)} of the template has no ids in the vocabulary`);
  }
  checkPieces(template.single, 'A', specials, file);
  checkPieces(template.pair, 'AB', specials, file);
}

/** `texts` are the names of the texts in their order. */
function checkPieces(pieces: unknown, texts: string, specials: Json, file: string): void {
  if (!Array.isArray(pieces)) refuse(file, 'the template is not a list');
  let found = '';
  for (const piece of pieces) {
    const { SpecialToken: special, Sequence: sequence } = isObject(piece) ? piece : {};
    if (isObject(sequence)) found += typeof sequence.id === 'string' ? sequence.id : '?';
    else if (!isObject(special) || typeof special.id !== 'string' || !Object.hasOwn(specials, special.id))
      refuse(file, 'the template names a special token that it does not define');
  }
  if (found !== texts) refuse(file, `a template must hold ${Array.from(texts).join(' and ')} once`);
}
