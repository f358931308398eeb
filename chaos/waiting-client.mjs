/** A client of its own process, `{url, key, model, texts}`: runs as many waited jobs as it is told, one after the other. */
import { TestClient } from '@heddle/testing';

const { url, key, model, texts } = JSON.parse(process.argv[2]);
const client = new TestClient(url, key);
let number = 0;

process.on('message', async ({ count }) => {
  try {
    const waits = [];
    for (let i = 0; i < count; i++) {
      const started = performance.now();
      const { status, timing } = await client.run({ model, inputs: [texts[number++ % texts.length]] });
      if (status !== 'succeeded') throw new Error(`a waited job ended ${status}`);
      waits.push({ trip: performance.now() - started, queue: timing.queue_ms });
    }
    process.send({ type: 'waits', waits });
  } catch (error) {
    process.send({ type: 'waits', error: error.message });
  }
});
process.send({ type: 'ready' });
