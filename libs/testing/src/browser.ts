import { type Browser, chromium, type Page } from 'playwright-core';

/** As root, without a display and a graphics card, and in a container whose shared memory is small. */
const FLAGS = ['--no-sandbox', '--disable-gpu', '--disable-dev-shm-usage'];
/** A busy machine is no failure. */
const ACTION_TIMEOUT_MS = 60_000;

/** A browser with one empty page; what it tells of the page is kept. */
export interface TestBrowser {
  /** Addresses that the page has asked for, those within it (`data:`) left out. */
  requests: string[];
  /** What the page has written to its console as an error or a warning, its uncaught exceptions, and what the browser refused it. */
  complaints: string[];
  /** Resolves when the page has loaded. */
  open(url: string): Promise<void>;
  /** The value of an expression in the page, as JSON has it. */
  evaluate<T>(expression: string): Promise<T>;
  close(): Promise<void>;
}

/** Starts the Chromium at `path` (`chromiumPathIfAny`). */
export function launchBrowser(path: string): Promise<Browser> {
  return chromium.launch({ executablePath: path, args: FLAGS });
}

/** The same with a page. */
export async function startBrowser(path: string): Promise<TestBrowser> {
  const browser = await launchBrowser(path);
  const page = await browser.newPage();
  page.setDefaultTimeout(ACTION_TIMEOUT_MS);
  const requests: string[] = [];
  page.on('request', (request) => {
    if (!request.url().startsWith('data:')) requests.push(request.url());
  });
  return {
    requests,
    complaints: complaintsOf(page),
    open: async (url) => void (await page.goto(url)),
    evaluate: (expression) => page.evaluate(expression),
    close: () => browser.close(),
  };
}

/** Errors and warnings of a page's console, exceptions that nobody caught, and a crash: a list that grows. */
export function complaintsOf(page: Page): string[] {
  const complaints: string[] = [];
  page.on('console', (message) => {
    if (['error', 'warning', 'assert'].includes(message.type()))
      complaints.push(`${message.text()} ${message.location().url}`.trim());
  });
  page.on('pageerror', (error) => complaints.push(String(error.stack ?? error)));
  page.on('crash', () => complaints.push('the page crashed'));
  return complaints;
}
