import type { ItemResult, OutputOf, Task } from '@heddle/client';
import { Text } from '@mantine/core';
import { formatScore } from '../shared/format.js';
import { Json } from '../shared/json.js';
import { AnswersView } from './answers-view.js';
import { Bars } from './bars.js';
import { EntitiesView } from './entities-view.js';
import { MasksView } from './masks-view.js';
import { RankingView } from './ranking-view.js';
import { TokensView } from './tokens-view.js';

type Output = NonNullable<ItemResult['output']>;

interface OutputViewProps {
  task: Task;
  /** The item that was sent: a text or an object. */
  input: unknown;
  output: Output;
  parameters: Record<string, unknown>;
}

/** The output of any task for one input. */
export function OutputView({ task, input, output, parameters }: OutputViewProps) {
  switch (task) {
    case 'text-classification':
    case 'zero-shot-classification':
      return <Classification output={output as OutputOf<'text-classification'>} />;
    case 'token-classification':
      return (
        <EntitiesView
          text={textOf(input)}
          output={output as OutputOf<'token-classification'>}
          parameters={parameters}
        />
      );
    case 'question-answering':
      return (
        <AnswersView
          context={stringIn(input, 'context')}
          output={output as OutputOf<'question-answering'>}
          parameters={parameters}
        />
      );
    case 'multiple-choice': {
      const { choices, best } = output as OutputOf<'multiple-choice'>;
      const texts = listIn(input, 'choices');
      return (
        <Bars
          rows={choices.map(({ index, score }) => ({
            label: `${texts[index] ?? index}${index === best ? ' (best)' : ''}`,
            score,
          }))}
        />
      );
    }
    case 'fill-mask':
      return (
        <MasksView text={textOf(input)} output={output as OutputOf<'fill-mask'>} parameters={parameters} />
      );
    case 'rerank':
      return <RankingView documents={listIn(input, 'documents')} output={output as OutputOf<'rerank'>} />;
    case 'score':
      return <Text fw={700}>{formatScore((output as OutputOf<'score'>).score)}</Text>;
    case 'replaced-token-detection':
      return (
        <TokensView
          text={textOf(input)}
          tokens={(output as OutputOf<'replaced-token-detection'>).tokens}
          parameters={parameters}
        />
      );
    default:
      return <Json value={abridged(output)} />;
  }
}

function Classification({ output }: { output: OutputOf<'text-classification'> }) {
  if ('value' in output) return <Text fw={700}>{formatScore(output.value)}</Text>;
  if ('values' in output)
    return <Bars rows={output.values.map((score, at) => ({ label: String(at), score }))} />;
  const selected = new Set(output.selected ?? []);
  return (
    <Bars
      rows={output.labels.map(({ label, score }) => ({
        label: selected.has(label) ? `${label} (selected)` : label,
        score,
      }))}
    />
  );
}

function textOf(input: unknown): string {
  return typeof input === 'string' ? input : stringIn(input, 'text');
}

function stringIn(input: unknown, name: string): string {
  const value = (input as Record<string, unknown> | null)?.[name];
  return typeof value === 'string' ? value : '';
}

/** Texts in a list of texts or of objects with one. */
function listIn(input: unknown, name: string): string[] {
  const value = (input as Record<string, unknown> | null)?.[name];
  return Array.isArray(value) ? value.map((one: unknown) => textOf(one)) : [];
}

/** Numbers that are kept of a long list. */
const SHOWN_NUMBERS = 8;

/** Vectors and matrices by their first numbers: all of them would fill the page and say nothing. */
function abridged(value: unknown): unknown {
  if (typeof value === 'string' && value.length > 200)
    return `${value.slice(0, 64)}… (${value.length} characters)`;
  if (Array.isArray(value)) {
    const kept = value.slice(0, SHOWN_NUMBERS).map(abridged);
    return value.length > SHOWN_NUMBERS ? [...kept, `… ${value.length} in all`] : kept;
  }
  if (typeof value === 'object' && value !== null)
    return Object.fromEntries(Object.entries(value).map(([name, one]) => [name, abridged(one)]));
  return value;
}
