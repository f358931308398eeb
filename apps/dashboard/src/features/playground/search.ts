import type { Task } from '@heddle/client';
import { FORMS } from './forms.js';

export interface PlaygroundSearch {
  model?: string;
  task?: Task;
}

export function playgroundSearch(search: Record<string, unknown>): PlaygroundSearch {
  const { model, task } = search;
  return {
    ...(typeof model === 'string' && model !== '' ? { model } : {}),
    ...(typeof task === 'string' && Object.hasOwn(FORMS, task) ? { task: task as Task } : {}),
  };
}
