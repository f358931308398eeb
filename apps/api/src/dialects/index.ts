import { BlockingCalls } from './blocking-calls.js';
import { CohereController } from './cohere/cohere.controller.js';
import { HuggingfaceController } from './huggingface/huggingface.controller.js';
import { ModelInfo } from './model-info.js';
import { DialectModels } from './models.js';
import { OipInferenceController } from './oip/inference.controller.js';
import { OipServerController } from './oip/server.controller.js';
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
import { TeiServerController } from './tei/server.controller.js';
import { TeiController } from './tei/tei.controller.js';
import { TeiCalls } from './tei/tei-calls.js';
import { TeiTokensController } from './tei/tokens.controller.js';

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
  CohereController,
  TeiController,
  TeiTokensController,
  TeiServerController,
  HuggingfaceController,
  OipInferenceController,
  OipServerController,
];
export const DIALECT_PROVIDERS = [
  BlockingCalls,
  PredictionsService,
  ReplicateModelsService,
  DialectModels,
  ModelInfo,
  TeiCalls,
];
