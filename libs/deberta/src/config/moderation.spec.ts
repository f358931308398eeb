import { describe, expect, it } from 'vitest';
import { readModeration } from './moderation.js';

const LABELS = ['fine', 'insult', 'threat'];

describe('readModeration', () => {
  it('is null where nothing is said of it', () => {
    for (const config of [{}, { safe_label: null, label_thresholds: null, thresholds: [1, 2], id2label: {} }])
      expect(readModeration(config, LABELS)).toBeNull();
  });

  it('takes one label or a list, and thresholds by label', () => {
    expect(readModeration({ safe_label: 'fine' }, LABELS)).toEqual({ safe_labels: ['fine'] });
    expect(readModeration({ safe_label: [] }, LABELS)).toEqual({ safe_labels: [] });
    const thresholds = { insult: 0.7, threat: 0 };
    expect(readModeration({ safe_label: ['fine'], label_thresholds: thresholds }, LABELS)).toEqual({
      safe_labels: ['fine'],
      thresholds,
    });
  });

  it('refuses labels that are none, and thresholds that are no probabilities', () => {
    for (const config of [
      { safe_label: 'calm' },
      { safe_label: ['fine', 'calm'] },
      { label_thresholds: { calm: 0.5 } },
      { label_thresholds: { insult: 1.5 } },
      { label_thresholds: 0.5 },
      { safe_label: 7 },
    ])
      expect(() => readModeration(config, LABELS)).toThrow(
        expect.objectContaining({ code: 'invalid-config' }),
      );
  });
});
