import type { VersionManifest } from '@heddle/contracts';
import type { Activation } from './activations.js';

type Family = VersionManifest['family'];
export type Head = VersionManifest['head'];
type ProblemType = VersionManifest['problemType'];

/** What the compiler needs to know of a model apart from its head, checked and with every default filled in. */
export interface ModelConfig {
  family: Family;
  /** Label names by class index; null when the file does not say, then the classifier's rows decide. */
  labels: string[] | null;
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
  /** Rows of the table of absolute positions, and the longest input in tokens the model was made for. */
  maxPositions: number;
  /** Adds W_pos[0..L-1] to the word embeddings. */
  absolutePositions: boolean;
  /** Token types with an embedding of their own; 0: none, the graph has no such input. */
  typeVocabSize: number;
  convolution: Convolution | null;
  attention: {
    /** sqrt(head size × scaleFactor) divides every score: 1 + the number of listed position terms. */
    scaleFactor: number;
    /** Null when attention knows no relative positions. */
    relative: RelativeAttention | null;
    /** Mixes the scores and the probabilities of the heads. */
    talkingHeads: boolean;
  };
  /** False: the masked-word head of transformers multiplies with a matrix of its own, not the word embeddings. */
  tiedDecoder: boolean;
  /** transformers' `legacy`, which decides which of its two masked-word heads was meant. */
  legacyHead: boolean;
}

/** Runs once, over the embeddings, and is added to the first layer's output. */
export interface Convolution {
  /** Tokens it sees at once; odd. */
  kernel: number;
  groups: number;
  activation: Activation;
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
