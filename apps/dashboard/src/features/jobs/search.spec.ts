import { expect, it } from 'vitest';
import { jobsSearch, listQuery } from './search.js';

it('takes filters from an address and leaves out what is none', () => {
  expect(jobsSearch({ status: 'failed', model: 'ner', source: 'fax', page: 3, batch: '' })).toEqual({
    status: ['failed'],
    model: 'ner',
  });
  expect(jobsSearch({ status: ['failed', 'lost', 'expired'] })).toEqual({ status: ['failed', 'expired'] });
});

it('asks the API in its own words', () => {
  expect(listQuery({ metadata: 'order=a=b', after: '2026-03-01T12:00:00Z', before: 'soon' })).toEqual({
    metadata: { order: 'a=b' },
    created_after: '2026-03-01T12:00:00.000Z',
  });
  expect(listQuery({ metadata: 'order' })).toEqual({});
});
