import { newUuid } from '@heddle/contracts';

interface TestBeat {
  id: string;
  host: string;
  pid: number;
  pool: string;
  models: string[] | null;
  load: number;
  inferenceProcesses: number;
  memoryBudgetBytes: number;
  phase: 'starting' | 'serving' | 'draining';
  device: string;
  threads: number;
  build: string;
  jobsDone: number;
  served: string[];
  loaded: Record<string, number>;
  throughput: Record<string, number>;
  quarantined: Record<string, number>;
}

/** What a worker that serves nothing yet tells with a heartbeat: for specs that need none. */
export function testBeat(own: Partial<TestBeat> = {}): TestBeat {
  return {
    id: newUuid(),
    host: 'h',
    pid: 1,
    pool: 'default',
    models: null,
    load: 0,
    inferenceProcesses: 1,
    memoryBudgetBytes: 2 ** 30,
    phase: 'serving',
    device: 'cpu',
    threads: 2,
    build: '0.0.1',
    jobsDone: 0,
    served: [],
    loaded: {},
    throughput: {},
    quarantined: {},
    ...own,
  };
}
