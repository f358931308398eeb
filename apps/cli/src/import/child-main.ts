/**
 * Compiles one checkpoint and verifies the result, in a process of its own: a parser or a native library that
 * fails on hostile bytes takes nothing else down, and memory is limited.
 */
import { join } from 'node:path';
import { HeddleError } from '@heddle/contracts';
import { type CompiledModel, compileModel, verifyTokenizer } from '@heddle/deberta';
import type { ImportRequest, ImportResponse } from './protocol.js';
import { verifyModel } from './verify-model.js';

process.on('disconnect', () => process.exit(1));
process.once('message', (request: ImportRequest) => {
  void run(request).then((response) => process.send!(response, () => process.disconnect()));
});

async function run(request: ImportRequest): Promise<ImportResponse> {
  try {
    return { ok: true, compiled: await compileAndVerify(request) };
  } catch (error) {
    const code = error instanceof HeddleError ? error.code : 'internal';
    const { message, stack } = error instanceof Error ? error : new Error(String(error));
    return { ok: false, code, message, stack };
  }
}

async function compileAndVerify({ checkpointDir, outDir }: ImportRequest): Promise<CompiledModel> {
  const { compiled } = await compileModel({ checkpointDir, outDir });
  await verifyTokenizer(join(outDir, 'tokenizer.json'), compiled.architecture.vocabSize);
  await verifyModel(join(outDir, 'model.onnx'), compiled);
  return compiled;
}
