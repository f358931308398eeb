import type { Access } from '../database/database.js';
import { eventSources, keepBodies } from './bodies.js';
import type { EventBody } from './event.entity.js';
import { removeOldEvents } from './retention.js';

/** What happened, for those who asked to be told; written by the statements that make it happen (`emit.ts`). */
export class EventRepository {
  constructor(private readonly access: Access) {}

  sources = (ids: string[]) => eventSources(this.access.system, ids);
  keepBodies = (ids: string[], bodies: EventBody[]) => keepBodies(this.access.system, ids, bodies);
  removeOld = () => removeOldEvents(this.access.system);
}
