import type { BrowserContextOptions, Page } from 'playwright-core';
import { complaintsOf, launchBrowser } from './browser.js';

/** A busy machine is no failure. */
const TIMEOUT_MS = 60_000;
const DESKTOP = { width: 1280, height: 800 };
/** A request that is given up when the page that asked for it is left. */
const GIVEN_UP = 'net::ERR_ABORTED';
/** What the console says of a request that was refused, which is noted with its address. */
const REFUSED = /^Failed to load resource: the server responded/;
/** Makes of what the policy of the page forbids an error in the console, whatever forbade it. */
const TELL_VIOLATIONS = `document.addEventListener('securitypolicyviolation', ({ violatedDirective, blockedURI, sourceFile }) =>
  console.error('CSP violation: ' + violatedDirective + ' ' + blockedURI + ' ' + sourceFile));`;

export interface Visit extends BrowserContextOptions {
  /** Signs in with it first; without one nobody is signed in. */
  key?: string;
  /** Faults that the visit brings about by intention: each of them must come, and no other. */
  expected?: readonly RegExp[];
}

export interface TestDashboard {
  /**
   * Opens a path in a browser that knows nothing yet, in English, without motion, and lets `look` act there. Rejects where the
   * page had a fault: an error or a warning in its console, a violation of its policy, an exception, a dialog, or a request that failed
   * or was refused.
   */
  visit<T>(path: string, visit: Visit, look: (page: Page) => Promise<T>): Promise<T>;
  close(): Promise<void>;
}

/** Starts the Chromium at `chromiumPath` (`chromiumPathIfAny`) for the dashboard of the api at `url`. */
export async function startDashboard(url: string, chromiumPath: string): Promise<TestDashboard> {
  const browser = await launchBrowser(chromiumPath);
  return {
    visit: async (path, { key, expected = [], ...options }, look) => {
      const context = await browser.newContext({
        viewport: DESKTOP,
        locale: 'en-GB',
        reducedMotion: 'reduce',
        baseURL: url,
        ...options,
      });
      try {
        context.setDefaultTimeout(TIMEOUT_MS);
        await context.addInitScript(TELL_VIOLATIONS);
        const page = await context.newPage();
        const faults = faultsOf(page);
        try {
          await page.goto(path);
          if (key !== undefined) await signIn(page, key);
          const seen = await look(page);
          // What the page has told until now comes before this answer.
          await page.evaluate('0');
          assertOnly(faults(), expected);
          return seen;
        } catch (error) {
          if (error instanceof Error) error.message += told(faults());
          throw error;
        }
      } finally {
        await context.close();
      }
    },
    close: () => browser.close(),
  };
}

/** On the page to sign in, whatever its address; ends where somebody is signed in. */
export async function signIn(page: Page, key: string): Promise<void> {
  await page.getByLabel('API key').fill(key);
  await page.getByRole('button', { name: 'Sign in' }).click();
  await page.locator('main#page').waitFor();
}

function faultsOf(page: Page): () => string[] {
  const complaints = complaintsOf(page);
  const others: string[] = [];
  page.on('dialog', (dialog) => {
    others.push(`dialog: ${dialog.message()}`);
    void dialog.dismiss();
  });
  page.on('requestfailed', (request) => {
    const reason = request.failure()?.errorText ?? '';
    if (reason !== GIVEN_UP) others.push(`${request.method()} ${request.url()}: ${reason}`);
  });
  page.on('response', (response) => {
    if (response.status() >= 400)
      others.push(`${response.request().method()} ${response.url()}: ${response.status()}`);
  });
  return () => [...complaints.filter((complaint) => !REFUSED.test(complaint)), ...others];
}

function assertOnly(faults: readonly string[], expected: readonly RegExp[]): void {
  const missing = expected.filter((pattern) => !faults.some((fault) => pattern.test(fault)));
  if (missing.length > 0)
    throw new Error(`These faults were expected and did not come: ${missing.join(', ')}`);
  if (faults.some((fault) => !expected.some((pattern) => pattern.test(fault))))
    throw new Error('The page had faults.');
}

function told(faults: readonly string[]): string {
  return faults.length === 0 ? '' : `\nFaults of the page:\n  ${faults.join('\n  ')}`;
}
