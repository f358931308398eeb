import type { SignalChannel } from '@heddle/contracts';

/** What a backend has to provide. Delivers every signal sent by anybody, this process included. */
export interface SignalTransport {
  send(channel: SignalChannel, payload: string): Promise<void>;
  close(): Promise<void>;
}
export type Deliver = (channel: SignalChannel, payload: string) => void;

export const SIGNAL_CHANNELS = [
  'jobs-submitted',
  'jobs-ended',
  'jobs-canceled',
  'imports-submitted',
  'imports-canceled',
  'batches-submitted',
  'batches-changed',
  'batches-ended',
  'evaluations-submitted',
  'evaluations-changed',
  'evaluations-ended',
  'versions-changed',
  'files-deleted',
  'deliveries-due',
] as const satisfies SignalChannel[];
