import type { components, operations } from './generated/openapi.js';

type Schemas = components['schemas'];

/** Fields of what an operation of the API takes. */
export type BodyOf<Operation extends keyof operations> = operations[Operation] extends {
  requestBody?: { content: { 'application/json': infer Body } };
}
  ? Body
  : never;
/** Filters of a list, without those that page through it. */
export type FilterOf<Operation extends keyof operations> = operations[Operation] extends {
  parameters: { query?: infer Query };
}
  ? Omit<NonNullable<Query>, 'cursor'>
  : never;

export type Problem = Schemas['Problem'];
export type ErrorCode = Problem['code'];
export type Job = Schemas['Job'];
export type ItemResult = Schemas['ItemResult'];
export type ItemError = Schemas['ItemError'];
export type Batch = Schemas['Batch'];
export type Evaluation = Schemas['Evaluation'];
export type EvaluationItem = Schemas['EvaluationItem'];
export type Model = Schemas['Model'];
export type Version = Schemas['Version'];
export type Alias = Schemas['Alias'];
export type StoredFile = Schemas['File'];
export type Webhook = Schemas['Webhook'];
export type WebhookSecret = Schemas['WebhookSecret'];
export type Delivery = Schemas['Delivery'];
export type Replayed = Schemas['Replayed'];
export type ApiKey = Schemas['ApiKey'];
export type Tenant = Schemas['Tenant'];
export type AuditEntry = Schemas['AuditEntry'];
export type Worker = Schemas['Worker'];
export type Pool = Schemas['Pool'];
export type Queue = Schemas['Queue'];
export type Tokenization = Schemas['Tokenization'];
export type Me = Schemas['Me'];
export type Limits = Schemas['Limits'];
export type Stats = Schemas['Stats'];

/** A page of a list, as the API answers it. */
export interface Page<T> {
  data: T[];
  /** Of the next page; null on the last one. */
  next_cursor: string | null;
}

/** An event of a job. `id` numbers the events of a job and is the same on every connection. */
export type JobEvent<Result = ItemResult, Done = Job> =
  | { id: number; event: 'status'; data: StatusEvent<Job['status']> }
  | { id: number; event: 'progress'; data: { done: number; total: number } }
  | { id: number; event: 'result'; data: Result }
  | { id: number; event: 'done'; data: Done };

export type BatchEvent = WorkEvent<Batch>;
export type EvaluationEvent = WorkEvent<Evaluation>;

/** An event of a batch or an evaluation. */
type WorkEvent<Work extends { status: string }> =
  | { id: number; event: 'status'; data: StatusEvent<Work['status']> }
  | { id: number; event: 'progress'; data: { done: number; total: number } }
  | { id: number; event: 'done'; data: Work };

export interface StatusEvent<Status> {
  id: string;
  status: Status;
  sequence: number;
  /** Of jobs: tries so far. */
  attempts?: number;
  /** When, in RFC 3339. */
  at: string;
}

/** What a webhook's request says; `data` by its type. */
export interface WebhookEvent<Data = unknown> {
  id: string;
  object: 'event';
  type: Delivery['event_type'];
  timestamp: string;
  /** Seconds since 1970. */
  created_at: number;
  /** Orders the events of one object. */
  sequence: number;
  data: Data;
}
