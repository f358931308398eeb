import type { components } from './generated/openapi.js';
import type { ItemResult, Job } from './types.js';

type Schemas = components['schemas'];

export type Task = Job['task'];
type Submissions = Schemas['TaskSubmission'];

/** A submission that names its task. */
export type SubmissionOf<T extends Task> = { task: T } & Omit<Extract<Submissions, { task: T }>, 'task'>;
/** A submission of the first task of the version. */
export type Submission = Schemas['Submission'];

export type InputOf<T extends Task> = Extract<Submissions, { task: T }>['inputs'][number];

interface Outputs {
  'text-classification': Schemas['TextClassificationOutput'];
  'zero-shot-classification': Schemas['ZeroShotOutput'];
  'token-classification': Schemas['TokenClassificationOutput'];
  'question-answering': Schemas['QuestionAnsweringOutput'];
  'multiple-choice': Schemas['MultipleChoiceOutput'];
  'fill-mask': Schemas['FillMaskOutput'];
  rerank: Schemas['RerankOutput'];
  score: Schemas['ScoreOutput'];
  embed: Schemas['EmbedOutput'];
  attention: Schemas['AttentionOutput'];
  'replaced-token-detection': Schemas['ReplacedTokenOutput'];
}
export type OutputOf<T extends Task> = Outputs[T];

/** One element of `results`: an `output` or an `error`. */
export type ResultOf<T extends Task> = Omit<ItemResult, 'output'> & { output?: OutputOf<T> };

/** A job whose task is known. */
export type JobOf<T extends Task> = Omit<Job, 'task' | 'results'> & {
  task: T;
  results?: ResultOf<T>[] | null;
};
