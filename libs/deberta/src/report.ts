import type { Checkpoint } from '@heddle/checkpoint';
import type { Lowering } from '@heddle/contracts';
import type { MlmHead } from './config/head.js';
import type { GraphName } from './graph/write-graphs.js';
import type { Weights } from './weights/weights.js';

type Stage = 'configuration' | GraphName | 'tokenizer' | 'digest';

/** Where a compilation is: tensors of the checkpoint read so far, of those the model has. */
export interface Progress {
  stage: Stage;
  tensorsRead: number;
  tensors: number;
}

/** How a compilation went, for those who watch over it; nothing that serving needs. */
export interface CompileReport {
  /** Files of the checkpoint folder that decided what was compiled. */
  sources: string[];
  mlmHead: MlmHead | null;
  lowering: Lowering;
  /** How the checkpoint makes a text's vector, step by step, and whether that is what the version does. */
  vectors: { steps: string[]; default: boolean } | null;
  weights: {
    /** Number of tensors that were read, and of their values. */
    tensors: number;
    values: number;
    /** Tensors that were read, by the type they are stored in. */
    dtypes: Record<string, number>;
    /** Names of the checkpoint's tensors that this head has no use for. */
    ignored: string[];
  };
  /** Bytes of the files that were written. */
  files: Record<string, number>;
  /** Duration of each stage. */
  seconds: Partial<Record<Stage, number>>;
}

export function weightsReport(checkpoint: Checkpoint, weights: Weights): CompileReport['weights'] {
  const dtypes: Record<string, number> = {};
  for (const name of weights.used) {
    const { dtype } = checkpoint.info(name)!;
    dtypes[dtype] = (dtypes[dtype] ?? 0) + 1;
  }
  return {
    tensors: weights.used.length,
    values: weights.parametersCount,
    dtypes,
    ignored: [...weights.ignored],
  };
}

/** Times the stages and tells a listener how far they are. */
export class StageClock {
  private readonly seconds: CompileReport['seconds'] = {};
  private stage: Stage = 'configuration';
  private since = performance.now();
  private readonly read = new Set<string>();
  private tensors = 0;

  constructor(private readonly onProgress: ((progress: Progress) => void) | undefined) {}

  /** Ends the stage before. */
  enter(stage: Stage): void {
    this.stop();
    this.stage = stage;
    this.tell();
  }

  /** Seconds per stage, the current one included. */
  stop(): CompileReport['seconds'] {
    const now = performance.now();
    this.seconds[this.stage] = (now - this.since) / 1000;
    this.since = now;
    return this.seconds;
  }

  /** The same checkpoint; reading a tensor is progress. */
  watching(checkpoint: Checkpoint): Checkpoint {
    return {
      files: checkpoint.files,
      names: checkpoint.names,
      config: checkpoint.config,
      info: (name) => checkpoint.info(name),
      close: () => checkpoint.close(),
      read: async (name) => {
        const values = await checkpoint.read(name);
        this.read.add(name);
        this.tell();
        return values;
      },
    };
  }

  /** How many tensors will be read. */
  expect({ used }: Weights): void {
    this.tensors = used.length;
  }

  private tell(): void {
    this.onProgress?.({ stage: this.stage, tensorsRead: this.read.size, tensors: this.tensors });
  }
}
