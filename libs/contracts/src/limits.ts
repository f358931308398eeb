/** Defaults of the limits of the HTTP contract; each is the bound a request is checked against. */
export const LIMITS = {
  /** Bytes of a JSON body after decompression. Large enough for 1000 items of 8 KB. */
  maxBodyBytes: 8 * 1024 * 1024,
  /** Items of one job. */
  maxInputsPerJob: 1000,
  /** Code points of one text. */
  maxTextChars: 200_000,
  /** Token ids of a text that comes as those: more than any model reads, for what is to be cut. */
  maxTokenIds: 16_384,
  /** Code points of all texts of a job. */
  maxJobChars: 4_000_000,
  /** Objects and arrays inside one another; deeper bodies are an attack on recursive code. */
  maxJsonDepth: 64,
  /** Seconds of `Prefer: wait`. */
  maxWaitS: 60,
  /** Seconds from acceptance to `expired`. */
  defaultDeadlineS: 600,
  maxDeadlineS: 86_400,
  /** Seconds from the end of a job until its inputs and results are removed: a minute, a week, 30 days. */
  minResultTtlS: 60,
  defaultResultTtlS: 604_800,
  maxResultTtlS: 2_592_000,
  /** Items of a tenant that are queued or running. */
  maxQueuedItemsPerTenant: 100_000,
  /** The most that an operator may set for one tenant. */
  maxTenantQueuedItems: 1_000_000_000,
  /** Requests a minute of one key. */
  rateLimitPerMin: 600,
  maxRateLimitPerMin: 1_000_000,
  /** Items of the whole instance that are queued or running. */
  maxQueuedItems: 1_000_000,
  maxCandidateLabels: 100,
  /** Code units of a candidate label and of a hypothesis template: they are read once an item and label. */
  maxCandidateLabelChars: 500,
  maxHypothesisTemplateChars: 1000,
  /** Choices of one multiple-choice item. */
  maxChoices: 32,
  /** Documents of one rerank item. */
  maxDocuments: 1000,
  /** Fillings that may be asked for by name, for a mask. */
  maxTargets: 1000,
  /** Bytes of one item's output as JSON; more is narrowed by the caller. */
  maxOutputBytes: 64 * 1024 * 1024,
  maxMetadataPairs: 16,
  maxMetadataKeyChars: 64,
  maxMetadataValueChars: 512,
  maxItemIdChars: 128,
  maxIdempotencyKeyChars: 255,
  /** Bytes of one uploaded file of a model: the largest DeBERTa in float32 takes 6.3 GB. */
  maxModelBytes: 8 * 1024 ** 3,
  /** Bytes of one uploaded file of another purpose. */
  maxFileBytes: 200 * 1024 * 1024,
  /** Files of a tenant, and their bytes: a dozen of the largest checkpoints. */
  maxStoredFilesPerTenant: 10_000,
  maxStoredBytesPerTenant: 100 * 1024 ** 3,
  /** Bytes of uploads that one api process takes at the same time: of a tenant, two of the largest files; and of all. */
  maxUploadingBytesPerTenant: 16 * 1024 ** 3,
  maxUploadingBytes: 64 * 1024 ** 3,
  /** Batches of a tenant that have not ended. */
  maxOpenBatchesPerTenant: 100,
  /** Lines of a batch's file, blank ones not counted, and bytes of one without its end. */
  maxBatchLines: 50_000,
  maxLineBytes: 1024 * 1024,
  maxCustomIdChars: 128,
  /** Bytes of a batch's parameters as JSON: every line is checked with them, and every job of it has them. */
  maxBatchParameterBytes: 64 * 1024,
  /** Bytes of a batch's outputs: those of 50,000 lines of 80 KB. */
  maxBatchOutputBytes: 4 * 1024 ** 3,
  /** Seconds from the acceptance of a batch to `expired`: a minute to a week. */
  minBatchWindowS: 60,
  defaultBatchWindowS: 86_400,
  maxBatchWindowS: 604_800,
  /** Problems that a batch shows; it counts all. */
  maxBatchErrors: 100,
  /** Evaluations of a tenant that have not ended. */
  maxOpenEvaluationsPerTenant: 100,
  /** Examples of one: a report is made of all of them at once. */
  maxEvaluationItems: 200_000,
  maxEvaluationMetrics: 32,
  /** Bytes of its parameters, of a mapping and of its labels, each as JSON. */
  maxEvaluationOptionBytes: 64 * 1024,
  maxColumnNameChars: 256,
  /** Answers of one item that are ranked by score (`top_k`), where metrics look at one or two: each is kept. */
  maxEvaluationTopK: 100,
  /** Bytes of the answers that are kept of an evaluation, as JSON: those of 200,000 examples and a baseline of 10 KB each. */
  maxEvaluationOutputBytes: 4 * 1024 ** 3,
  /** The same of all evaluations of a tenant whose answers are kept, as they are for a month. */
  maxKeptAnswerBytesPerTenant: 100 * 1024 ** 3,
  /** Resamples of the bootstrap. */
  maxResamples: 100_000,
  /**
   * Resamples times examples, of `average_precision` times labels: what one core works off in a few minutes, and never fewer than 200
   * resamples. 5000 of as many examples as there may be.
   */
  maxResampledValues: 1_000_000_000,
  maxFilenameChars: 255,
  /** Seconds until an uploaded file is removed, when its owner asks for that: a minute to a year. */
  minFileExpiryS: 60,
  maxFileExpiryS: 31_536_000,
  /** Files of one checkpoint; the most finely sharded ones have a few dozen. */
  maxImportFiles: 256,
  /** Label names given with an import, and the code points of one. */
  maxLabels: 100_000,
  maxLabelChars: 256,
  maxWebhooksPerTenant: 50,
  maxWebhookUrlChars: 2_048,
  /** Requests that are under way to one endpoint at a time. */
  maxWebhookInFlight: 8,
  /** Bytes of what is sent to an endpoint; what does not fit is to be fetched. */
  maxWebhookBodyBytes: 64 * 1024,
  /** Seconds for which a secret signs on beside the one that replaced it: a day, a week. */
  defaultSecretGraceS: 86_400,
  maxSecretGraceS: 604_800,
  /** Deliveries that one replay schedules. */
  maxReplayedDeliveries: 10_000,
  /** Days for which events and deliveries are kept. */
  webhookRetentionDays: 30,
  /** Gates of a model, and aliases that they hold for. */
  maxGates: 16,
  /** UTF-16 units of a field that evaluations are split by, and of its values. */
  maxSliceFieldChars: 64,
  maxSliceValueChars: 128,
  maxDescriptionChars: 1_000,
  /** Code points of what a key or a tenant is called. */
  maxNameChars: 100,
  maxNotesChars: 2_000,
  /** Requests held open by `Prefer: wait` in one api process. */
  maxHeldWaits: 5000,
  /** Event streams open in one api process, half of them of one tenant at most. */
  maxEventStreams: 2000,
  defaultPageSize: 20,
  maxPageSize: 100,
  /**
   * Bytes of inputs, results and parameters on one page of jobs, of labels and the like on one of versions. Twice a
   * request's body, so that any job fits with room for its results, and a dozen such pages at once fit into a process of
   * usual size.
   */
  maxPageBytes: 16 * 1024 * 1024,
  /**
   * Bytes of large answers (their inputs and results as JSON) that one api process holds at the same time. As objects
   * they take several times as much.
   */
  maxAnswerBytesInFlight: 128 * 1024 * 1024,
} as const;
