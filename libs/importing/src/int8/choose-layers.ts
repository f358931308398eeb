import { rm } from 'node:fs/promises';
import { join } from 'node:path';
import { type Agreement, type AgreementGate, HeddleError, type TriedInt8 } from '@heddle/contracts';
import type { GraphSeries, Quantization } from '@heddle/deberta';
import { passes, shortfall } from '../agreement/gate.js';
import { measureAgreement, type OnShare, partOf, type Reference } from '../agreement/measure.js';
import { withSession } from '../verify/with-session.js';

/** Inputs that each layer's own effect is measured on. */
const PART = 64;
/** Of the whole search, by the time it takes. */
const OWN_SHARE = 0.6;

interface OwnEffect {
  layer: number;
  same_decisions: number;
  mean_difference: number;
}

/** How activations are scaled: by channel with the ranges that calibration saw, else by row. */
export type Scaling = Pick<Quantization, 'ranges'>;

/** What a graph is quantized by, besides which layers are. */
export type Formats = Omit<Quantization, 'layers'>;

export interface ChosenInt8 {
  quantization: Quantization;
  /** Of every layer, in their order. */
  own: OwnEffect[];
}

export interface Search {
  layers: number;
  /** In `dir`; holds nothing yet. */
  series: GraphSeries;
  dir: string;
  reference: Reference;
  scaling: Scaling;
  gate: AgreementGate;
  /** What the gate has refused; what is tried here is added. */
  tried: TriedInt8[];
}

/**
 * The most layers that can be int8 within the gate: those that hurt most by themselves stay float32, no more of them
 * than needed. They are chosen beside a table of halves, which costs a pass nothing where a layer in float32 does; then
 * the table is int8 if the gate still holds. Throws `quality-loss` with all that was tried when not even the most harmless layer can be.
 */
export async function chooseLayers(search: Search, onShare: OnShare): Promise<ChosenInt8> {
  const { layers, gate, tried } = search;
  const halves: Formats = { ...search.scaling, table: 'fp16' };
  const own = await measureOwn(search, (done) => onShare(done * OWN_SHARE));
  const worstFirst = own.toSorted((a, b) => effectOf(b) - effectOf(a)).map(({ layer }) => layer);
  const triedBefore = tried.length;
  const holds = async (kept: number, formats = halves): Promise<boolean> => {
    const float = worstFirst.slice(0, kept);
    const quantization = { ...formats, layers: new Set(worstFirst.slice(kept)) };
    const measured = await measureWith(search, quantization, search.reference);
    tried.push(triedOf(float, formats, measured));
    const trials = tried.length - triedBefore;
    onShare(Math.min(1, OWN_SHARE + ((1 - OWN_SHARE) * trials) / (Math.log2(layers) + 3)));
    return passes(measured, gate);
  };
  // None is too few, which is why this is called; all but one is the most.
  let tooFew = 0;
  let enough = layers - 1;
  if (enough === 0 || !(await holds(enough))) throw qualityLoss(gate, tried);
  while (enough - tooFew > 1) {
    const middle = (tooFew + enough) >> 1;
    if (await holds(middle)) enough = middle;
    else tooFew = middle;
  }
  const bytes: Formats = { ...halves, table: 'int8' };
  const formats = (await holds(enough, bytes)) ? bytes : halves;
  return { quantization: { ...formats, layers: new Set(worstFirst.slice(enough)) }, own };
}

/** Of an int8 variant that answers too differently. */
function qualityLoss(gate: AgreementGate, tried: TriedInt8[]): HeddleError {
  const best = tried.at(-1)!;
  return new HeddleError(
    'quality-loss',
    `The int8 variant does not answer as float32 does: with ${layersOf(best)} left in float32 ` +
      shortfall(best, gate),
    { extra: { gate, tried } },
  );
}

function layersOf({ fp32_layers: { length } }: TriedInt8): string {
  return length === 1 ? '1 layer' : `${length} layers`;
}

async function measureOwn(search: Search, onShare: OnShare): Promise<OwnEffect[]> {
  const part = partOf(search.reference, PART);
  const own: OwnEffect[] = [];
  for (let layer = 0; layer < search.layers; layer++) {
    const alone: Quantization = { ...search.scaling, table: 'fp16', layers: new Set([layer]) };
    const { same_decisions, mean_difference } = await measureWith(search, alone, part);
    own.push({ layer, same_decisions, mean_difference });
    onShare((layer + 1) / search.layers);
  }
  return own;
}

async function measureWith(
  { series, dir }: Search,
  quantization: Quantization,
  reference: Reference,
): Promise<Agreement> {
  const file = `${[...quantization.layers].sort((a, b) => a - b).join('-')}.onnx`;
  await series.write(file, quantization);
  try {
    return await withSession(join(dir, file), (session) => measureAgreement(session, reference));
  } finally {
    await rm(join(dir, file), { force: true });
  }
}

/** Decisions that change count before probabilities that move. */
function effectOf({ same_decisions, mean_difference }: OwnEffect): number {
  return 1 - same_decisions + mean_difference;
}

export function triedOf(
  fp32: number[],
  formats: Formats,
  { same_decisions, mean_difference }: Agreement,
): TriedInt8 {
  const fp32_layers = fp32.toSorted((a, b) => a - b);
  const { table } = formats;
  return { fp32_layers, activations: activationsOf(formats), table, same_decisions, mean_difference };
}

export function activationsOf({ ranges }: Scaling): TriedInt8['activations'] {
  return ranges ? 'by-channel' : 'by-row';
}
