import { describe, expect, it } from 'vitest';
import references from '../__fixtures__/entities.json' with { type: 'json' };
import { createAccumulator } from '../accumulator.js';
import { allOnce } from '../metric.js';
import { entitiesOfTags } from './tags.js';

const METRICS = ['seq_f1', 'seq_precision', 'seq_recall', 'seq_macro_f1'] as const;

const fill = (expected: string[][], predicted: string[][]) => {
  const accumulator = createAccumulator({ task: 'token-classification', metrics: METRICS });
  expected.forEach((tags, index) => {
    const found = entitiesOfTags(predicted[index]!).map((entity) => ({ ...entity, score: 1, word: '' }));
    accumulator.add({ index, expected: entitiesOfTags(tags), predicted: { entities: found } });
  });
  return accumulator;
};

describe.each(Object.entries(references.cases))('entities in %s', (_, reference) => {
  const accumulator = fill(reference.expected, reference.predicted);

  it.each(METRICS)("have seqeval's %s", (metric) => {
    expect(accumulator.measure(metric)(allOnce(accumulator.size))).toBeCloseTo(reference[metric], 9);
  });

  it("have seqeval's scores of each type", () => {
    const types = accumulator.details().per_label!;
    expect(types.map(({ label }) => label)).toEqual(Object.keys(reference.types).sort());
    for (const { label, precision, recall, f1, support } of types) {
      const expected = (reference.types as unknown as Record<string, number[]>)[label]!;
      [precision ?? 0, recall ?? 0, f1, support].forEach((value, i) => {
        expect(value).toBeCloseTo(expected[i]!, 9);
      });
    }
  });
});

describe('tags', () => {
  it('that follow no scheme are read as seqeval reads them', () => {
    for (const { tags, entities } of references['odd tags']) {
      // seqeval's end belongs to the entity.
      expect(
        entitiesOfTags(tags).map(({ entity_group: type, start, end }) => [type, start, end - 1]),
      ).toEqual(entities);
    }
  });

  it('of BILOU are read as seqeval reads them when told the scheme', () => {
    for (const { tags, entities } of references.BILOU) {
      expect(entitiesOfTags(tags).map(({ entity_group: type, start, end }) => [type, start, end])).toEqual(
        entities,
      );
    }
  });
});

describe('entities that define no number', () => {
  it('have a reason', () => {
    const none = fill([['O']], [['O']]);
    const weights = allOnce(1);
    expect(none.measure('seq_f1')(weights)).toEqual({ reason: 'no entity is expected or predicted' });
    expect(none.measure('seq_precision')(weights)).toEqual({ reason: 'no entity is predicted' });
    expect(none.measure('seq_recall')(weights)).toEqual({ reason: 'no entity is expected' });
    const missed = fill([['B-PER']], [['O']]);
    expect(missed.measure('seq_f1')(weights)).toBe(0);
  });

  it('count once where they are given twice', () => {
    const accumulator = createAccumulator({ task: 'token-classification' });
    const entity = { entity_group: 'PER', start: 0, end: 3 };
    const found = { ...entity, score: 1, word: 'Zoë' };
    accumulator.add({ index: 0, expected: [entity, entity], predicted: { entities: [found, found] } });
    expect(accumulator.measure('seq_f1')(allOnce(1))).toBe(1);
    expect(accumulator.details().per_label).toEqual([
      { label: 'PER', precision: 1, recall: 1, f1: 1, support: 1 },
    ]);
  });

  it('are refused without types', () => {
    const accumulator = createAccumulator({ task: 'token-classification' });
    const entities = [{ entity: 'B-PER', index: 1, score: 1, word: 'Zoë', start: 0, end: 3 }];
    expect(() => accumulator.add({ index: 0, expected: [], predicted: { entities } })).toThrow(
      'seq_f1 needs an aggregation_strategy other than none.',
    );
    expect(accumulator.size).toBe(0);
  });
});
