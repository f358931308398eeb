import {
  type AttentionParameters,
  attentionBytes,
  HeddleError,
  LIMITS,
  MAX_ATTENTION_TOKENS,
  type TextItem,
  type VersionManifest,
} from '@heddle/contracts';
import { Inject, Injectable } from '@nestjs/common';
import { RESOURCES, type Resources } from '../resources.js';
import { TokenizerThread } from '../tokenize/tokenizer-thread.js';

/** Refuses requests for attention that would be answered with more than an answer may have, before they are accepted. */
@Injectable()
export class AttentionSize {
  constructor(
    @Inject(RESOURCES) private readonly resources: Resources,
    @Inject(TokenizerThread) private readonly thread: TokenizerThread,
  ) {}

  /** `parameters`: checked. Throws `output-too-large`. */
  async check(inputs: TextItem[], parameters: AttentionParameters, manifest: VersionManifest): Promise<void> {
    const longest = Math.min(manifest.maxTokens, MAX_ATTENTION_TOKENS);
    const bytesOf = (tokens: number) => attentionBytes(tokens, parameters, manifest.architecture);
    // The usual request is of few layers or of a small model: its texts need not be looked at.
    if (inputs.length * bytesOf(longest) <= LIMITS.maxOutputBytes) return;
    let bytes = 0;
    for (const [i, tokens] of (await this.lengthsOf(inputs, manifest)).entries()) {
      // Uncut, it is an error of its item.
      if (tokens > longest && !parameters.truncate) continue;
      bytes += bytesOf(Math.min(tokens, longest));
      if (bytes > LIMITS.maxOutputBytes) throw tooLarge(i);
    }
  }

  /** Tokens of each text, special ones included; none where they cannot be counted now, for the worker does so as well. */
  private async lengthsOf(inputs: TextItem[], manifest: VersionManifest): Promise<number[]> {
    try {
      return JSON.parse((await this.thread.tokenize(manifest, { lengthsOf: inputs })).toString()) as number[];
    } catch (error) {
      if (!(error instanceof HeddleError)) throw error;
      // A text that has no tokens is an error of its item.
      if (error.code !== 'tokenizer-error')
        this.resources.logger.warn({ error }, 'the tokens of a request for attention were not counted');
      return [];
    }
  }
}

function tooLarge(index: number): HeddleError {
  const most = `${LIMITS.maxOutputBytes} bytes`;
  return new HeddleError(
    'output-too-large',
    `The answer would have more than ${most}. Ask for fewer layers, heads, parts or texts, or for base64.`,
    {
      extra: { max: LIMITS.maxOutputBytes },
      errors: [
        {
          pointer: `/inputs/${index}`,
          code: 'output-too-large',
          message: `goes beyond ${most} of attention`,
        },
      ],
    },
  );
}
