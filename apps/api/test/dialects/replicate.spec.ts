import { useWorld } from './replicate/setting.js';
import './replicate/runs.js';
import './replicate/predictions.js';
import './replicate/streams.js';
import './replicate/webhooks.js';
import './replicate/models.js';
import './replicate/files.js';
import './replicate/errors.js';

// One Heddle for all of it; a file for each noun.
useWorld();
