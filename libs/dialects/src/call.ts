import type { JobSource, Priority, Task, TaskOutput } from '@heddle/contracts';

/** What a request of a dialect asks for, in the words of `POST /v1/jobs`. */
export interface Call {
  source: JobSource;
  /** As the dialect's clients name models. */
  model: string;
  task?: Task;
  inputs: unknown[];
  /** Inputs that the dialect lets a request have; those of a job when absent. */
  maxInputs?: number;
  parameters: Record<string, unknown>;
  /** `high` when absent. */
  priority?: Priority;
}

/** What it is answered with. */
export interface Answered {
  /** In the order of the inputs. */
  outputs: TaskOutput[];
  /** Tokens of all of them. */
  tokens: number;
}
