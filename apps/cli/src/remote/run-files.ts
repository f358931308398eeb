import { mkdir, writeFile } from 'node:fs/promises';
import { dirname } from 'node:path';
import { type Evaluation, markdownText } from '@heddle/contracts';
import { CliError, EXIT } from './errors.js';
import { reportMarkdown } from './evaluation-report.js';
import { suiteOf } from './evaluation-run.js';
import { junitXml, type TestSuite } from './junit.js';

/** What a run is about, before the server has said anything. */
interface Subject {
  model: string;
  /** As they were given. */
  gates: string[];
}

const NOT_ENDED = 'the command was ended before the evaluation had';

/**
 * Files that a run leaves for a CI server, which reads them whatever became of the command: until the end they say that there is no
 * result, so that neither a file of an earlier run nor a missing one passes for a success.
 */
export class RunFiles {
  constructor(
    private readonly paths: { junit?: string | undefined; markdown?: string | undefined },
    private readonly subject: Subject,
  ) {}

  /** Throws CliError for a path that cannot be written to: hours later is late to hear of it. */
  async begin(): Promise<void> {
    for (const path of Object.values(this.paths)) if (path !== undefined) await makeFolderOf(path);
    await this.fail(NOT_ENDED);
  }

  async end(evaluation: Evaluation): Promise<void> {
    await this.write({
      junit: () => junitXml(suiteOf(evaluation)),
      markdown: () => reportMarkdown(evaluation),
    });
  }

  /** There is no result, for that reason. */
  async fail(reason: string): Promise<void> {
    const { model } = this.subject;
    await this.write({
      junit: () => junitXml(suiteWithout(this.subject, reason)),
      markdown: () => `## ${markdownText(model)}: no result\n\n${markdownText(reason)}\n`,
    });
  }

  private async write(texts: { junit: () => string; markdown: () => string }): Promise<void> {
    const { junit, markdown } = this.paths;
    if (junit !== undefined) await write(junit, texts.junit());
    if (markdown !== undefined) await write(markdown, texts.markdown());
  }
}

function suiteWithout({ model, gates }: Subject, reason: string): TestSuite {
  return {
    name: `evaluation of ${model}`,
    timestamp: new Date().toISOString(),
    properties: {},
    cases: [
      { name: 'run', error: reason },
      ...gates.map((name) => ({ name, skipped: 'there is no result' })),
    ],
  };
}

async function makeFolderOf(path: string): Promise<void> {
  const folder = dirname(path);
  await mkdir(folder, { recursive: true }).catch((error: NodeJS.ErrnoException) => {
    throw new CliError(`${folder} cannot be made (${error.code})`, EXIT.usage);
  });
}

async function write(path: string, text: string): Promise<void> {
  await writeFile(path, text).catch((error: NodeJS.ErrnoException) => {
    throw new CliError(`${path} cannot be written (${error.code})`, EXIT.usage);
  });
}
