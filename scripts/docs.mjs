/** Writes the generated pages of docs/. Specs compare them, so that they cannot drift. */
import { writeFile } from 'node:fs/promises';
import { settingsAsMarkdown } from '@heddle/config';

await writeFile(new URL('../docs/configuration.md', import.meta.url), settingsAsMarkdown());
