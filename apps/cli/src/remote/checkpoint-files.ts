import { readdir, stat } from 'node:fs/promises';
import { basename, join } from 'node:path';
import { CliError, EXIT } from './errors.js';
import { sizeOf, unreadable } from './upload.js';

/** What an import can make use of: configuration, weights, tokenizer, in any of their spellings; own texts for int8. */
const RELEVANT = [
  /^(config|model_config)\.json$/,
  /\.safetensors(\.index\.json)?$/,
  /^pytorch_model.*\.bin(\.index\.json)?$/,
  /\.(pt|pth)$/,
  /^(tokenizer|tokenizer_config|special_tokens_map|added_tokens|vocab)\.json$/,
  /^(spm|spiece|sentencepiece\.bpe)\.model$/,
  /^(merges|vocab)\.txt$/,
  /^bpe_encoder\.bin$/,
  /^modules\.json$/,
  /^calibration\.jsonl$/,
];
/** The folder in which sentence-transformers says how tokens are pooled. Uploads know no folders: a dot is put in. */
const POOLING_FOLDER = /^[0-9]{1,3}_Pooling$/;
const POOLING_FILE = 'config.json';
/** Weights that are not read where safetensors are. */
const OTHER_WEIGHTS = /^pytorch_model.*\.bin(\.index\.json)?$|\.(pt|pth)$/;
/** What an import expects own texts to be called. */
const CALIBRATION_FILE = 'calibration.jsonl';
const ARCHIVE = /\.(zip|tar|tar\.gz|tgz)$/i;

export type LocalCheckpoint =
  | { type: 'archive'; files: { path: string; name: string }[] }
  | { type: 'files'; files: { path: string; name: string }[] };

/**
 * The files to upload of a checkpoint folder, or an archive as it is. `calibration` is a file of own texts to go with a
 * folder, in place of one that lies in it. Throws CliError.
 */
export async function localCheckpoint(path: string, calibration?: string): Promise<LocalCheckpoint> {
  const info = await stat(path).catch((error: unknown) => unreadable(path, error));
  if (!info.isDirectory()) {
    if (calibration !== undefined) {
      throw new CliError(
        `--calibration goes with a folder; put ${CALIBRATION_FILE} into the archive`,
        EXIT.usage,
      );
    }
    if (!ARCHIVE.test(path))
      throw new CliError(`${path} is neither a folder nor a .zip, .tar or .tar.gz`, EXIT.usage);
    return { type: 'archive', files: [{ path, name: basename(path) }] };
  }
  const present = (await readdir(path).catch((error: unknown) => unreadable(path, error))).sort();
  const names = present.filter((name) => RELEVANT.some((known) => known.test(name)));
  const safe = names.some((name) => name.endsWith('.safetensors'));
  const chosen = names.filter((name) => !(safe && OTHER_WEIGHTS.test(name)));
  if (chosen.length === 0) throw new CliError(`${path} holds nothing of a checkpoint`, EXIT.usage);
  const own = calibration === undefined ? [] : [{ path: calibration, name: CALIBRATION_FILE }];
  const files = chosen
    .filter((name) => calibration === undefined || name !== CALIBRATION_FILE)
    .map((name) => ({ path: join(path, name), name }))
    .concat(own);
  for (const folder of present.filter((name) => POOLING_FOLDER.test(name))) {
    const inside = join(path, folder);
    const found = await readdir(inside).catch((error: unknown) => unreadable(inside, error));
    if (found.includes(POOLING_FILE))
      files.push({ path: join(inside, POOLING_FILE), name: `${folder}.${POOLING_FILE}` });
  }
  // Before hundreds of megabytes are sent in vain.
  for (const file of files) await sizeOf(file.path);
  return { type: 'files', files };
}
