import type { TokenClassificationOutput } from '@heddle/contracts';
import { countColumn, ListColumn } from '../columns.js';
import { macroF1, perLabel } from '../f1.js';
import { ratioOfSums, weightedSum } from '../means.js';
import { allOnce, type Kind, type Weights } from '../metric.js';
import { isIndex, isListOf, isString, type ReferenceEntity, shown, unfit } from '../prediction.js';
import type { Tally } from '../tally.js';
import { MAX_LABELS, Vocabulary } from '../vocabulary.js';

export { entitiesOfTags, type TaggedEntity } from './tags.js';

interface Counts {
  right: number;
  predicted: number;
  expected: number;
}

/** Entities, right when type, start and end all are (CoNLL's rule, as seqeval counts). */
export const entities: Kind = {
  defaults: ['seq_f1', 'seq_precision', 'seq_recall'],
  allowed: ['seq_f1', 'seq_precision', 'seq_recall', 'seq_macro_f1'],

  create: () => {
    const types = new ListColumn(new Vocabulary([], { limit: MAX_LABELS, what: 'type of entity' }), 3);
    const columns = { right: countColumn(), predicted: countColumn(), expected: countColumn(), types };

    return {
      columns,

      add: (expected, predicted) => {
        if (!isListOf(expected, isEntity)) {
          throw unfit(`Entities {entity_group, start, end} were expected, not ${shown(expected)}.`);
        }
        const counts = compare(expected, predictedEntities(predicted));
        types.names.vocabulary.check(counts.keys());
        const all = { right: 0, predicted: 0, expected: 0 };
        for (const one of counts.values()) {
          all.right += one.right;
          all.predicted += one.predicted;
          all.expected += one.expected;
        }
        columns.right.push(all.right);
        columns.predicted.push(all.predicted);
        columns.expected.push(all.expected);
        types.push([...counts].map(([type, one]) => [type, one.right, one.predicted, one.expected]));
        const both = all.predicted + all.expected;
        const loss = both === 0 ? 0 : 1 - (2 * all.right) / both;
        return { correct: loss === 0, loss };
      },

      measure: (metric) => {
        const right = columns.right.values;
        const predictedCounts = columns.predicted.values;
        const expectedCounts = columns.expected.values;
        if (metric === 'seq_precision') return ratioOfSums(right, predictedCounts, 'no entity is predicted');
        if (metric === 'seq_recall') return ratioOfSums(right, expectedCounts, 'no entity is expected');
        if (metric === 'seq_macro_f1') {
          const tally = tallier(types);
          return (weights) => macroF1(tally(weights));
        }
        return (weights) => {
          const both = weightedSum(predictedCounts, weights) + weightedSum(expectedCounts, weights);
          if (both === 0) return { reason: 'no entity is expected or predicted' };
          return (2 * weightedSum(right, weights)) / both;
        };
      },

      details: () => ({
        per_label: perLabel(tallier(types)(allOnce(types.length)), types.names.vocabulary.names),
      }),
    };
  },
};

function isEntity(value: unknown): value is ReferenceEntity {
  if (typeof value !== 'object' || value === null) return false;
  const { entity_group: type, start, end } = value as Partial<ReferenceEntity>;
  return isString(type) && isIndex(start) && isIndex(end);
}

function predictedEntities(predicted: object): ReferenceEntity[] {
  if (!('entities' in predicted)) throw unfit(`Entities were expected, not ${shown(predicted)}.`);
  return (predicted as TokenClassificationOutput).entities.map(({ entity_group: type, start, end }) => {
    if (type === undefined) throw unfit('seq_f1 needs an aggregation_strategy other than none.');
    return { entity_group: type, start, end };
  });
}

/** By type; the same entity twice counts once. */
function compare(
  expected: readonly ReferenceEntity[],
  predicted: readonly ReferenceEntity[],
): Map<string, Counts> {
  const wanted = distinct(expected);
  const found = distinct(predicted);
  const counts = new Map<string, Counts>();
  const of = ({ entity_group: type }: ReferenceEntity) => {
    const known = counts.get(type) ?? { right: 0, predicted: 0, expected: 0 };
    counts.set(type, known);
    return known;
  };
  for (const entity of wanted.values()) of(entity).expected++;
  for (const [key, entity] of found) {
    const count = of(entity);
    count.predicted++;
    if (wanted.has(key)) count.right++;
  }
  return counts;
}

function distinct(all: readonly ReferenceEntity[]): Map<string, ReferenceEntity> {
  return new Map(all.map((entity) => [`${entity.start} ${entity.end} ${entity.entity_group}`, entity]));
}

/** Counts by type. */
function tallier(types: ListColumn): (weights: Weights) => Tally {
  const names = types.names.values;
  const owners = types.owners();
  const [right, predicted, expected] = types.numbers.map(({ values }) => values);
  return (weights) => {
    const zeros = () => new Float64Array(types.names.vocabulary.names.length);
    const tally: Tally = { right: zeros(), predicted: zeros(), expected: zeros() };
    for (let entry = 0; entry < names.length; entry++) {
      const weight = weights[owners[entry]!]!;
      const type = names[entry]!;
      tally.right[type]! += weight * right![entry]!;
      tally.predicted[type]! += weight * predicted![entry]!;
      tally.expected[type]! += weight * expected![entry]!;
    }
    return tally;
  };
}
