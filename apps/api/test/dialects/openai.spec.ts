import { useWorld } from './openai/setting.js';
import './openai/embeddings.js';
import './openai/moderations.js';
import './openai/models.js';
import './openai/files.js';
import './openai/batches.js';
import './openai/batches-that-end-early.js';
import './openai/webhooks.js';
import './openai/errors.js';

// One Heddle for all of it; a file for each noun.
useWorld();
