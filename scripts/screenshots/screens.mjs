const NEWS =
  'Angela Merkel met Emmanuel Macron in Paris on Friday, and flew on to Lisbon with people of Siemens.';

/**
 * Every screen of the dashboard. `path` takes what `makeData` made; `prepare` does what a person would before there is something to
 * see, and resolves when it is there. `signedOut`: nobody is signed in.
 */
export const SCREENS = [
  { name: 'sign-in', path: () => '/', signedOut: true },
  { name: 'overview', path: () => '/' },
  {
    name: 'playground',
    path: () => '/playground?model=ner',
    prepare: async (page) => {
      await page.getByLabel('Text', { exact: true }).fill(NEWS);
      await page.getByRole('button', { name: 'Run' }).click();
      await page.getByRole('link', { name: 'the job' }).waitFor();
    },
  },
  {
    name: 'playground-compared',
    path: () => '/playground?model=reviews',
    prepare: async (page) => {
      await page.getByLabel('Version').selectOption('reviews@1');
      await page.getByLabel('Compare with').selectOption('reviews@2');
      await page.getByRole('button', { name: 'Run' }).click();
      await page.getByRole('link', { name: 'the job' }).nth(1).waitFor();
    },
  },
  {
    name: 'attention',
    path: () => '/playground?model=sentiment&task=attention',
    prepare: async (page) => {
      await page.getByRole('button', { name: 'Run' }).click();
      await page.getByRole('gridcell', { name: 'Layer 2, head 1' }).click();
      await page.getByRole('application').hover();
      await page.evaluate('scrollTo(0, 0)');
    },
  },
  { name: 'jobs', path: () => '/jobs' },
  { name: 'job', path: ({ job }) => `/jobs/${job}` },
  { name: 'batches', path: () => '/batches' },
  { name: 'batch', path: ({ batch }) => `/batches/${batch}` },
  { name: 'batch-refused', path: ({ refusedBatch }) => `/batches/${refusedBatch}` },
  { name: 'models', path: () => '/models' },
  { name: 'model', path: ({ model }) => `/models/${model}` },
  { name: 'version', path: ({ model }) => `/models/${model}/2` },
  {
    name: 'promotion',
    path: ({ model }) => `/models/${model}`,
    prepare: async (page) => {
      await page.getByRole('button', { name: 'Promote a version' }).click();
      await page.getByRole('table', { name: 'Gates' }).waitFor();
    },
  },
  { name: 'evaluations', path: () => '/evaluations' },
  { name: 'comparison', path: ({ evaluations }) => `/evaluations?compare=${JSON.stringify(evaluations)}` },
  { name: 'evaluation', path: ({ evaluation }) => `/evaluations/${evaluation}` },
  { name: 'workers', path: () => '/workers' },
  { name: 'queues', path: () => '/queues' },
  { name: 'webhooks', path: () => '/webhooks' },
  { name: 'webhook', path: ({ webhook }) => `/webhooks/${webhook}` },
  {
    name: 'webhook-failing',
    path: ({ failingWebhook }) => `/webhooks/${failingWebhook}`,
    prepare: async (page) => {
      await page
        .getByRole('button', { name: /evaluation\.succeeded/ })
        .first()
        .click();
      await page.getByText('The next one is').first().waitFor();
    },
  },
  { name: 'keys', path: () => '/keys' },
  {
    name: 'key-new',
    path: () => '/keys',
    prepare: async (page) => {
      await page.getByRole('button', { name: 'New key' }).click();
      await page.getByRole('dialog').waitFor();
    },
  },
  { name: 'tenants', path: () => '/tenants' },
  { name: 'audit', path: () => '/audit' },
];

/** Resolves when a screen shows what it is for: nothing stands in for what loads any more. */
export async function settled(page) {
  await page.locator('h1').first().waitFor();
  await page.locator('.mantine-Skeleton-root, .mantine-Loader-root').first().waitFor({ state: 'detached' });
  // Charts are drawn in the frame after.
  await page.waitForTimeout(300);
}
