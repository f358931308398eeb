import { setTimeout as sleep } from 'node:timers/promises';

const LOOK_MS = 500;
/** Probabilities of the same graph; how sequences are put together changes the last digits. */
const SAME_SCORE = 1e-3;

/** Runs a file of texts as a batch, as often as is asked for. */
export class BatchRun {
  #file;

  constructor(heddle, client, model, texts) {
    this.heddle = heddle;
    this.client = client;
    this.model = model;
    this.texts = texts;
  }

  /** Seconds from the request to the end, and the batch. `kills`: which processes, at which shares of the lines. */
  async timed(kills = []) {
    const file = await this.#upload();
    const started = performance.now();
    const body = { file, model: this.model, parameters: { truncate: true } };
    let batch = await this.client.request('POST', '/v1/batches', body);
    const left = [...kills];
    while (!batch.completed_at) {
      await sleep(LOOK_MS);
      batch = await this.client.request('GET', `/v1/batches/${batch.id}`);
      const { succeeded, total } = batch.counts;
      if (left.length === 0 || total === 0 || succeeded < left[0].at * total) continue;
      const { name } = left.shift();
      await this.heddle.kill(name);
      await this.heddle.start(name);
    }
    if (left.length > 0) throw new Error(`the batch ended before ${left[0].name} was killed`);
    return { seconds: (performance.now() - started) / 1000, batch };
  }

  /** Throws unless every line is there once, in order, with the engine's answer (logits). */
  async assertComplete(batch, expected) {
    const { status, counts } = batch;
    if (status !== 'succeeded' || counts.succeeded !== this.texts.length)
      throw new Error(`the batch is ${status}: ${JSON.stringify(counts)}`);
    const response = await fetch(`${this.heddle.url}/v1/files/${batch.output_file}/content`, {
      headers: { authorization: `Bearer ${this.heddle.key}` },
    });
    const lines = (await response.text()).trimEnd().split('\n');
    if (lines.length !== this.texts.length)
      throw new Error(`${lines.length} lines for ${this.texts.length} texts`);
    for (const [i, text] of lines.entries()) {
      const { custom_id: id, line, output, usage } = JSON.parse(text);
      if (id !== String(i) || line !== i + 1) throw new Error(`line ${i + 1} is ${id} of line ${line}`);
      const scores = output.labels.map(({ score }) => score);
      const others = probabilities(expected[i]).toSorted((a, b) => b - a);
      const differs = scores.some((score, k) => !(Math.abs(score - others[k]) < SAME_SCORE));
      if (differs || scores.length !== others.length || usage.tokens !== this.texts[i].ids.length)
        throw new Error(
          `line ${line}: ${text}, and the engine ${others} of ${this.texts[i].ids.length} tokens`,
        );
    }
  }

  async #upload() {
    if (this.#file) return this.#file;
    const lines = this.texts.map(({ text }, i) => JSON.stringify({ custom_id: String(i), input: text }));
    const form = new FormData();
    form.set('purpose', 'batch');
    form.set('file', new Blob([lines.join('\n')]), 'bulk.jsonl');
    this.#file = (await this.client.upload('/v1/files', form)).id;
    return this.#file;
  }
}

function probabilities(logits) {
  const highest = Math.max(...logits);
  const powers = logits.map((logit) => Math.exp(logit - highest));
  const sum = powers.reduce((total, power) => total + power, 0);
  return powers.map((power) => power / sum);
}
