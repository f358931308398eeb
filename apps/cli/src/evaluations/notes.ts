import type { AblatedPart } from '@heddle/deberta';
import type { LocalVersion } from './open-version.js';
import type { Questions } from './questions.js';

const NOT_THE_PAPERS =
  'The paper trained each ablated model anew. Here parts of one trained model are left out, and nothing is trained: what is ' +
  'lost is what this model came to rely on. Scores are divided by the scale the model was trained with.';

/** What a reader of the table has to know. */
export function notesOf(
  { name, manifest }: LocalVersion,
  { isMasked, questions }: Questions & { isMasked: boolean },
  { parts, int8 }: { parts: readonly AblatedPart[]; int8: boolean },
): string[] {
  const masks = questions.reduce((sum, { sequences }) => sum + (sequences[0]?.positions?.length ?? 0), 0);
  const isLanguageModel = manifest.head === 'masked-lm';
  return [
    NOT_THE_PAPERS,
    ...(isMasked ? [`15 % of the tokens of each text were hidden: ${masks} in all.`] : []),
    ...(isLanguageModel
      ? []
      : [
          `${name} has no masked-word head (its head is ${manifest.head}): there is no masked-word accuracy of it, and no mask decoder to leave out.`,
        ]),
    ...(isLanguageModel && !parts.includes('emd')
      ? ['The head of this model reads the last layer: there is no mask decoder to leave out.']
      : []),
    ...(int8 ? [int8Note(manifest.precision === 'int8')] : []),
  ];
}

function int8Note(isServed: boolean): string {
  return isServed
    ? 'int8 is the graph that the version is served with.'
    : 'int8 was built for this table, as an import with --precision int8 does; the version is not served in it.';
}
