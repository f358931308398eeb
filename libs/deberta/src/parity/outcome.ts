/** How one case of a fixture came out. */
export interface Outcome {
  /** Case and, where it has several expectations, which one. */
  id: string;
  /** What is wrong; null when it passed. */
  fault: string | null;
  /** Largest deviations of its numbers; null for cases without numbers. */
  error: { absolute: number; relative: number } | null;
}

export const passed = (id: string): Outcome => ({ id, fault: null, error: null });
export const failed = (id: string, fault: string): Outcome => ({ id, fault, error: null });

/** A case that threw instead of answering is a case that failed, never the end of the run. */
export function thrown(id: string, error: unknown): Outcome {
  return failed(id, error instanceof Error ? `${error.name}: ${error.message}` : String(error));
}
