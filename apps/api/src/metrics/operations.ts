import type { Operation } from '../http/operation.js';

export const getMetrics: Operation = {
  id: 'getMetrics',
  tag: 'Operation',
  summary: 'Metrics of this process, for Prometheus; of `heddle up` those of all its processes',
  answers: { 200: { description: 'In the text format of Prometheus.', type: 'text/plain' } },
};
