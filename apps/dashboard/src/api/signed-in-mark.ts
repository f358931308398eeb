/**
 * That somebody has signed in with this browser, and until when: no script can see the cookie, and to ask in vain would be an error
 * in the console of everybody who comes to sign in. It opens nothing.
 */
const NAME = 'heddle.signed-in';

/** False where nobody has signed in; true where this browser keeps nothing. */
export function mayBeSignedIn(): boolean {
  try {
    return localStorage.getItem(NAME) !== null;
  } catch {
    // Storage is shut off.
    return true;
  }
}

/** `until`: when the session ends at the latest; null: nobody is signed in. */
export function markSignedIn(until: string | null): void {
  try {
    if (until === null) localStorage.removeItem(NAME);
    else localStorage.setItem(NAME, until);
  } catch {
    // Then it is asked each time.
  }
}

/** Calls back when somebody signs in, or out, in another tab of this browser. Returns what ends that. */
export function onSignedInElsewhere(listener: () => void): () => void {
  const hear = ({ key }: StorageEvent) => {
    if (key === NAME) listener();
  };
  window.addEventListener('storage', hear);
  return () => window.removeEventListener('storage', hear);
}
