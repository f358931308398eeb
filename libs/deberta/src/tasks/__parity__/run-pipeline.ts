/**
 * Runs items of fixtures of kind `pipeline` (shared/fixtures/README.md, 1.2): each is put to our tasks, and the
 * answer turned into the shape of transformers' pipeline, so that it can be compared with what that gave.
 */
import {
  type EmbedOutput,
  type FillMaskOutput,
  type LabelScore,
  type QuestionAnsweringParameters,
  type RerankOutput,
  TASK_SCHEMAS,
  type Task,
  type TextClassificationOutput,
  type TokenClassificationParameters,
  type ZeroShotOutput,
} from '@heddle/contracts';
import type { Span, TaggedToken } from '../entities.js';
import { taskHandler } from '../handlers.js';
import { findAnswers } from '../question-answering.js';
import type { ForwardRow, Sequence, ServedModel } from '../task.js';
import { inUnits } from '../text-units.js';
import { findEntities } from '../token-classification.js';
import { joinPieces } from './join-pieces.js';

/** The model of a fixture folder. */
export interface PipelineSubject {
  model: ServedModel;
  /** Of tokenizer_config.json; null when it names none. */
  modelMaxLength: number | null;
  /** Outputs of the model, one row a sequence. */
  infer(sequences: Sequence[]): Promise<ForwardRow[]>;
}

type Params = Record<string, unknown>;
type Adapter = (inputs: never, params: Params, subject: PipelineSubject) => Promise<unknown>;

const ADAPTERS: Record<string, Adapter> = {
  'text-classification': textClassification,
  'zero-shot-classification': zeroShot,
  'token-classification': tokenClassification,
  'question-answering': questionAnswering,
  'fill-mask': fillMask,
  'feature-extraction': featureExtraction,
  rerank,
};

/** What the pipeline of a task (as the fixtures call it) would give for the inputs. */
export function runPipeline(
  task: string,
  inputs: unknown,
  params: Params,
  subject: PipelineSubject,
): Promise<unknown> {
  const adapter = ADAPTERS[task];
  if (!adapter) throw new Error(`${task} is no pipeline`);
  return adapter(inputs as never, params, subject);
}

/** An item's sequences and rows, and with them its output. */
async function ask<Output>(task: Task, item: unknown, parameters: Params, subject: PipelineSubject) {
  const { model } = subject;
  const parsed: unknown = TASK_SCHEMAS[task].parameters.parse(parameters);
  const handler = taskHandler(task);
  const sequences = await handler.encode(item, parsed, model);
  const rows = (await subject.infer(sequences)).map((row, i) => sequences[i]!.keep?.(row) ?? row);
  const output = async () => (await handler.decode(item, parsed, sequences, rows, model)) as Output;
  return { parsed, sequences, rows, output };
}

function withMaxTokens(subject: PipelineSubject, maxTokens: unknown): PipelineSubject {
  if (typeof maxTokens !== 'number') return subject;
  return { ...subject, model: { ...subject.model, maxTokens } };
}

async function textClassification(
  inputs: string | string[] | { text: string; text_pair: string },
  { top_k: topK, function_to_apply, truncation = false, max_length }: Params,
  subject: PipelineSubject,
): Promise<unknown> {
  const parameters = {
    truncate: truncation,
    ...(function_to_apply === undefined ? {} : { function_to_apply }),
    ...(typeof topK === 'number' ? { top_k: topK } : {}),
  };
  const classify = async (item: unknown): Promise<LabelScore[]> => {
    const asked = await ask<TextClassificationOutput>(
      'text-classification',
      item,
      parameters,
      withMaxTokens(subject, max_length),
    );
    const output = await asked.output();
    if ('labels' in output) return output.labels;
    const values = 'value' in output ? [output.value] : output.values;
    return values.map((score, i) => ({ label: subject.model.labels[i]!, score }));
  };
  const all = await Promise.all((Array.isArray(inputs) ? inputs : [inputs]).map(classify));
  if (topK !== undefined) return Array.isArray(inputs) ? all : all[0];
  const best = all.map(([first]) => first);
  return Array.isArray(inputs) || typeof inputs === 'string' ? best : best[0];
}

async function rerank(
  inputs: { query: string; documents: string[] },
  { activation, max_length: maxLength = 512 }: Params,
  subject: PipelineSubject,
): Promise<unknown> {
  const parameters = { raw_scores: activation !== 'sigmoid' };
  const asked = await ask<RerankOutput>('rerank', inputs, parameters, withMaxTokens(subject, maxLength));
  const { results } = await asked.output();
  const scores: number[] = [];
  for (const { index, score } of results) scores[index] = score;
  return { scores, ranking: results.map(({ index }) => index) };
}

async function zeroShot(
  inputs: string | string[],
  { candidate_labels: candidates, ...others }: Params,
  subject: PipelineSubject,
): Promise<unknown> {
  const parameters = {
    ...others,
    truncate: subject.modelMaxLength !== null,
    candidate_labels:
      typeof candidates === 'string' ? candidates.split(',').map((label) => label.trim()) : candidates,
  };
  const classify = async (sequence: string) => {
    const asked = await ask<ZeroShotOutput>('zero-shot-classification', sequence, parameters, subject);
    const { labels } = await asked.output();
    return { sequence, labels: labels.map(({ label }) => label), scores: labels.map(({ score }) => score) };
  };
  return Array.isArray(inputs) ? Promise.all(inputs.map(classify)) : classify(inputs);
}

async function tokenClassification(
  text: string,
  { aggregation_strategy: strategy = 'none', ignore_labels, stride }: Params,
  subject: PipelineSubject,
): Promise<unknown> {
  const parameters = {
    aggregation_strategy: strategy,
    truncate: subject.modelMaxLength !== null,
    ...(ignore_labels === undefined ? {} : { ignore_labels }),
    ...(stride === undefined ? {} : { stride }),
  };
  const { parsed, sequences, rows } = await ask('token-classification', text, parameters, subject);
  const characters = inUnits(text, 'codepoint');
  const spans = await findEntities(
    parsed as TokenClassificationParameters,
    sequences,
    rows,
    characters,
    subject.model,
  );
  const pieceOf = ({ id, start, end }: TaggedToken) =>
    id === subject.model.tokenizer.special.unk
      ? characters.slice(start, end)
      : subject.model.tokenizer.idToToken(id)!;
  const isByteLevel = subject.model.tokenizer.tokenToId('\u0120') !== null;
  const join = (pieces: string[]) => joinPieces(pieces, isByteLevel);
  return spans.map(({ label, score, start, end, words }: Span) => {
    if (strategy === 'none') {
      const token = words[0]![0]!;
      return { entity: label, score, index: token.index, word: pieceOf(token), start, end };
    }
    // The pipeline joins pieces to words and words to an entity's text, each as if they were pieces.
    const pieces = words.map((word) => word.map(pieceOf));
    const word = join(strategy === 'simple' ? pieces.flat() : pieces.map(join));
    return { entity_group: label, score, word, start, end };
  });
}

async function questionAnswering(
  inputs: { question: string; context: string },
  { padding: _, max_seq_len: length, ...others }: Params,
  subject: PipelineSubject,
): Promise<unknown> {
  const parameters = { ...others, max_seq_len: length ?? Math.min(subject.modelMaxLength ?? 384, 384) };
  const { parsed, sequences, rows } = await ask('question-answering', inputs, parameters, subject);
  const context = inUnits(inputs.context, 'codepoint');
  const asked = parsed as QuestionAnsweringParameters;
  const found = await findAnswers(asked, sequences, rows, context, subject.model);
  const answers = found.answers.slice(0, asked.top_k).map(({ score, start, end }) => ({
    score,
    start,
    end,
    answer: context.slice(start, end),
  }));
  return answers.length === 1 ? answers[0] : answers;
}

async function fillMask(text: string, params: Params, subject: PipelineSubject): Promise<unknown> {
  const output = await (await ask<FillMaskOutput>('fill-mask', text, params, subject)).output();
  const masks = (output as Extract<FillMaskOutput, { masks: unknown }>).masks.map((fillings) =>
    fillings.map(({ score, token, token_id, sequence }) => ({
      score,
      token: token_id,
      token_str: token,
      sequence,
    })),
  );
  return masks.length === 1 ? masks[0] : masks;
}

async function featureExtraction(
  texts: string[],
  { pooling, normalize = false, max_length: maxLength = 512 }: Params,
  subject: PipelineSubject,
): Promise<unknown> {
  const parameters = {
    truncate: true,
    normalize,
    ...(pooling === 'none' ? { level: 'token' } : { pooling }),
  };
  return Promise.all(
    texts.map(async (text) => {
      const asked = await ask<EmbedOutput>('embed', text, parameters, withMaxTokens(subject, maxLength));
      const output = await asked.output();
      return 'embedding' in output ? output.embedding : output.embeddings;
    }),
  );
}
