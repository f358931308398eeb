import type { OutputOf } from '@heddle/client';
import { Stack, Text } from '@mantine/core';
import { formatScore } from '../shared/format.js';
import { Bars } from './bars.js';
import { TokensView } from './tokens-view.js';

interface MasksViewProps {
  text: string;
  output: OutputOf<'fill-mask'>;
  parameters: Record<string, unknown>;
}

/** Candidates for each mask; of a text that was scored, its tokens. */
export function MasksView({ text, output, parameters }: MasksViewProps) {
  if (!('masks' in output))
    return (
      <Stack gap="xs">
        <Text>Logarithm of its probability: {formatScore(output.log_prob)}</Text>
        <TokensView
          text={text}
          // How surprising a token is: 0 where it was certain.
          tokens={output.tokens.map(({ log_prob, ...token }) => ({
            ...token,
            score: 1 - Math.exp(log_prob),
          }))}
          parameters={parameters}
        />
      </Stack>
    );
  return (
    <Stack gap="sm">
      {output.masks.map((candidates, mask) => (
        // biome-ignore lint/suspicious/noArrayIndexKey: a mask is its place
        <div key={mask}>
          {output.masks.length > 1 ? (
            <Text size="sm">Mask {mask + 1}</Text>
          ) : (
            <Text mb="xs">{candidates[0]?.sequence}</Text>
          )}
          <Bars
            rows={candidates.map(({ token, score, token_id }) => ({
              label: `${token} (${token_id})`,
              score,
            }))}
          />
        </div>
      ))}
    </Stack>
  );
}
