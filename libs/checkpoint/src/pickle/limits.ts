/** Bytes of one pickle. Microsoft's BPE tables, the largest ones read, take 4 MB; a state dict 0.3 MB. */
export const MAX_PICKLE_BYTES = 16 * 1024 * 1024;
/** Steps of one pickle; BPE tables of 50,000 pieces take 0.7 million. */
export const MAX_OPCODES = 4_000_000;
/** Objects a pickle may remember for later; BPE tables of 50,000 pieces remember some 0.3 million. */
export const MAX_MEMO_ENTRIES = 1_000_000;
/** Values that wait to be put into a container. Writers do so after every 1000. */
export const MAX_STACK_DEPTH = 100_000;
/** Lists and tuples: bounds their memory to some 100 MB. BPE tables of 50,000 pieces hold 0.1 million. */
export const MAX_SEQUENCES = 1_000_000;
/** Dictionaries and calls, which take more memory each. Three per tensor is the most that writers need. */
export const MAX_OBJECTS = 100_000;
/** Entries of dictionaries that calls made from one shared list, and so could repeat at no cost in bytes. */
export const MAX_CALLED_ENTRIES = 100_000;
/** Containers inside one another. A state dict has three levels, an optimiser's five. */
export const MAX_NESTING = 32;
/** Values counted as a tree, where a shared one counts at each place: bounds every walk over the result. */
export const MAX_TREE_VALUES = 4_000_000;
/** Bytes of one string; the longest in a state dict are parameter names. */
export const MAX_STRING_BYTES = 1024 * 1024;
/** Bytes of one line of a text opcode, such as a module's name. */
export const MAX_LINE_BYTES = 256;
/** Bytes of one integer. torch's magic number has 10; reading is quadratic in the length. */
export const MAX_INTEGER_BYTES = 64;
