/** Writes the generated pages and parts of docs/. Specs compare them, so that they cannot drift. */
import { readFile, writeFile } from 'node:fs/promises';
import { settingsAsMarkdown } from '@heddle/config';
import { errorsAsMarkdown } from '@heddle/contracts';
import { performanceAsMarkdown, readRemarks, readReports } from '../bench/page/page.mjs';
import { writePage } from '../chaos/page.mjs';

const BEGIN = '<!-- generated: npm run docs -->\n';
const END = '<!-- end -->\n';

await writeFile(new URL('../docs/configuration.md', import.meta.url), settingsAsMarkdown());

const performance = performanceAsMarkdown(await readReports(), await readRemarks());
await writeFile(new URL('../docs/performance.md', import.meta.url), performance);
await writePage();

const httpApi = new URL('../docs/http-api.md', import.meta.url);
const page = await readFile(httpApi, 'utf8');
const [before] = page.split(BEGIN);
const [, after] = page.split(END);
await writeFile(httpApi, `${before}${BEGIN}${errorsAsMarkdown()}\n${END}${after}`);
