import { LIMITS } from '@heddle/contracts';

/** Bytes of a line without its end, and of a CSV record: an item has to fit the body of a request. */
export const MAX_LINE_BYTES = LIMITS.maxBodyBytes;
/** Bytes of a file that is read as a whole because its format has no lines: what may be uploaded. */
export const MAX_WHOLE_BYTES = LIMITS.maxFileBytes;
/** Values of such a JSON file: ten times those of the training part of SQuAD v2. */
export const MAX_JSON_VALUES = 8_000_000;
/** Examples of a dataset: the ids of all are kept to find those that occur twice. */
export const MAX_EXAMPLES = 1_000_000;
/** Problems that a report holds; it counts all. */
export const MAX_PROBLEMS = LIMITS.maxBatchErrors;
/** Problems after which a dataset is given up. */
export const MAX_COUNTED_PROBLEMS = 100_000;
/** Characters of what is expected of an example, each number in it counting as some: an item has not as much to say. */
export const MAX_EXPECTED_CHARS = 1_000_000;
export const MAX_GROUP_CHARS = 1_000;
/** Characters of all examples: formats that write a text once, for many questions, give it with each. */
export const MAX_OUTPUT_CHARS = 1024 ** 3;
/** Examples of one line, in formats that write a text once and then all that is asked of it: public sets have dozens. */
export const MAX_LINE_EXAMPLES = 1_000;
/** Columns of a table. */
export const MAX_COLUMNS = 1_000;
/** Bytes of texts, and entries of judgements and candidates, that a BEIR dataset keeps at a time. */
export const MAX_KEPT_BYTES = LIMITS.maxFileBytes;
export const MAX_KEPT_ENTRIES = 5_000_000;
/** Bytes of a row group of a parquet file once decompressed, and its values: writers make groups of 128 MiB at most by default. */
export const MAX_GROUP_BYTES = 256 * 1024 * 1024;
export const MAX_GROUP_VALUES = 10_000_000;
/** Bytes of all row groups once decompressed, and pages of one. */
export const MAX_TABLE_BYTES = 8 * MAX_GROUP_BYTES;
export const MAX_GROUP_PAGES = 100_000;
