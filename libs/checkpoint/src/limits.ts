/** The largest published DeBERTa has 800 tensors. */
export const MAX_TENSORS = 20_000;
/** A convolution's weight has three dimensions, the most in any DeBERTa. */
export const MAX_DIMENSIONS = 8;
/** 2 GiB as float32: twice the largest published embedding (mDeBERTa, 251,000 × 768, has 193 million). */
export const MAX_TENSOR_ELEMENTS = 512 * 1024 * 1024;
/** Elements a tensor may have beyond those of its storage, by a stride of 0: bounds what a tiny file can ask for. */
export const MAX_REPEATED_ELEMENTS = 16 * 1024 * 1024;
/** Characters of a tensor's name, which goes into error messages. */
export const MAX_NAME_CHARS = 512;
