import { describe, expect, it } from 'vitest';
import { dialectUrl } from './url.js';

describe('URLs of dialects', () => {
  it.each([
    ['/tei/acme/sentiment/predict', '/tei/acme%2Fsentiment/predict'],
    ['/tei/acme/sentiment@3', '/tei/acme%2Fsentiment@3'],
    ['/tei/sentiment/predict', '/tei/sentiment/predict'],
    ['/tei/sentiment/v1/embeddings', '/tei/sentiment/v1/embeddings'],
    ['/tei/sentiment/', '/tei/sentiment'],
    ['/hf/acme/sentiment/', '/hf/acme%2Fsentiment'],
    ['/hf/sentiment/pipeline/ner?a=b/', '/hf/sentiment/pipeline/ner?a=b/'],
    ['/oip/v2/models/acme/sentiment/versions/1/infer', '/oip/v2/models/acme%2Fsentiment/versions/1/infer'],
    ['/oip/v2/models/sentiment/infer', '/oip/v2/models/sentiment/infer'],
    ['/v1/jobs/', '/v1/jobs/'],
    ['/tei/', '/tei/'],
    ['/tei//', '/tei//'],
    ['/hf/sentiment///', '/hf/sentiment'],
    [`/tei/${'/'.repeat(16_000)}x`, `/tei/${'/'.repeat(16_000)}x`],
  ])('%s', (given, routed) => {
    expect(dialectUrl(given)).toBe(routed);
  });
});
