import type { Scope } from '../api/scopes.js';
import { Nothing } from './loaded.js';

/** Stands where a page is that whoever is signed in may not see. The server refuses it as well. */
export function NoEntry({ scope }: { scope: Scope }) {
  return (
    <Nothing title="Not for this key">
      This page needs a key with the scope <code>{scope}</code>.
    </Nothing>
  );
}
