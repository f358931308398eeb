import { BlockingCalls } from './blocking-calls.js';
import { OpenaiBatchesController } from './openai/batches.controller.js';
import { OpenaiFilesController } from './openai/files.controller.js';
import { OpenaiInferenceController } from './openai/inference.controller.js';
import { OpenaiModelsController } from './openai/models.controller.js';
import { ReplicateAccountController } from './replicate/account.controller.js';
import { ReplicateFilesController } from './replicate/files.controller.js';
import { ReplicateModelsController } from './replicate/models.controller.js';
import { ReplicateModelsService } from './replicate/models.service.js';
import { PredictionsController } from './replicate/predictions.controller.js';
import { PredictionsService } from './replicate/predictions.service.js';

/** What the dialects add to the api: their routes, and what these share. */
export const DIALECT_CONTROLLERS = [
  OpenaiModelsController,
  OpenaiInferenceController,
  OpenaiFilesController,
  OpenaiBatchesController,
  PredictionsController,
  ReplicateModelsController,
  ReplicateAccountController,
  ReplicateFilesController,
];
export const DIALECT_PROVIDERS = [BlockingCalls, PredictionsService, ReplicateModelsService];
