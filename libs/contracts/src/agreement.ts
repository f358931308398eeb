/** Largest difference of an output between two computations of it. */
export interface OutputDifference {
  output: string;
  max_abs_difference: number;
  /** Largest magnitude among the expected values. */
  max_abs_value: number;
  tolerance: number;
}

/**
 * How near a variant's answers are to those of the float32 graph, over the same inputs. What a decision and a
 * difference are depends on the head (docs/importing-models.md): mostly the likeliest class, and a probability.
 */
export interface Agreement {
  /** Inputs: a text, a pair of texts, or a prompt with its choices. */
  texts: number;
  /** Of all inputs; heads that answer every token decide as often. */
  decisions: number;
  /** Share of the decisions that are the same, 0 to 1. */
  same_decisions: number;
  /** Over all decisions, 0 to 1 where it is one of probabilities. */
  mean_difference: number;
  max_difference: number;
}

/** What a variant must reach to be kept. */
export interface AgreementGate {
  min_same_decisions: number;
  max_mean_difference: number;
}

/** What an import found out about a variant. */
interface VariantReport extends Agreement {
  gate: AgreementGate;
  /** Whose texts were compared: those of the import, or those that come with Heddle. */
  calibration: 'own' | 'built-in';
  /** As of the float32 graph, but of probabilities or scores. */
  batching: OutputDifference[];
}

/** Measured on the CPU, which rounds weights and activations as a GPU does, but adds up in float32. */
export type Fp16Report = VariantReport;

export interface Int8Report extends VariantReport {
  layers: Int8Layer[];
  /** Embeddings of words. Absent from reports of versions that were imported when it was always fp16. */
  table?: Int8Table;
  /** How activations are scaled: by channel, as calibration saw them, or by row. */
  activations: 'by-channel' | 'by-row';
  /** What was measured before and refused, or left more in float32 than was needed. */
  tried: TriedInt8[];
}

export interface Int8Table {
  precision: 'int8' | 'fp16';
  /** ‖variant − fp32‖ ÷ ‖fp32‖ of the states before the first layer. */
  hidden_difference: number;
}

export interface Int8Layer {
  layer: number;
  precision: 'int8' | 'fp32';
  /** ‖int8 − fp32‖ ÷ ‖fp32‖ of the states after this layer, with all errors of the layers before it. */
  hidden_difference: number;
  /** Share of the same decisions and mean difference with this layer alone as int8; only where it was needed. */
  own_same_decisions?: number;
  own_difference?: number;
}

export interface TriedInt8 extends Pick<Agreement, 'same_decisions' | 'mean_difference'> {
  activations: Int8Report['activations'];
  /** Of the embeddings of words; absent where it was always fp16, as in the report. */
  table?: Int8Table['precision'];
  /** The layers that stayed float32. */
  fp32_layers: number[];
}
