import type { VersionManifest } from '@heddle/contracts';
import type { Activation } from './activations.js';

export type Head = VersionManifest['head'];
type ProblemType = VersionManifest['problemType'];

/** What the compiler needs to know of a model, checked and with every default filled in. */
export interface ModelConfig {
  head: Head;
  /** Label names by class index. */
  labels: string[];
  problemType: ProblemType;
  vocabSize: number;
  hiddenSize: number;
  /** Width of the word embeddings; projected to hiddenSize when it differs. */
  embeddingSize: number;
  intermediateSize: number;
  layers: number;
  attentionHeads: number;
  hiddenActivation: Activation;
  poolerActivation: Activation;
  layerNormEps: number;
  /** Longest input in tokens the model was made for. */
  maxPositions: number;
  /** Adds W_pos[0..L-1] to the word embeddings. */
  absolutePositions: boolean;
  attention: {
    /** sqrt(head size × scaleFactor) divides every score: 1 + the number of listed position terms. */
    scaleFactor: number;
    /** Null when attention knows no relative positions. */
    relative: RelativeAttention | null;
  };
}

export interface RelativeAttention {
  contentToPosition: boolean;
  positionToContent: boolean;
  /** Distances beyond are clamped (without buckets) or end the logarithmic scale (with them). */
  maxDistance: number;
  /** 0: a row per distance. */
  buckets: number;
  /** Half the rows of the table of relative embeddings. */
  span: number;
  /** The content projections serve positions too, with their biases. */
  shareKey: boolean;
  /** The table goes through encoder.LayerNorm. */
  normalized: boolean;
}
