import axe from 'axe-core';
import type { Page } from 'playwright-core';

/** Pixels: the smallest phone, a tablet, a laptop, a wide screen. */
const WIDTHS = { phone: 360, tablet: 768, laptop: 1280, wide: 2560 } as const;
const HEIGHT = 800;
/** Where rules of accessibility are looked at: each width has its own layout, each scheme its own colours. */
const AUDITED: readonly (readonly [scheme: 'light' | 'dark', width: keyof typeof WIDTHS])[] = [
  ['light', 'phone'],
  ['light', 'laptop'],
  ['dark', 'laptop'],
];
/** Places of one fault that are told. */
const MAX_PLACES = 3;
const TWO_FRAMES = 'new Promise((resolve) => requestAnimationFrame(() => requestAnimationFrame(resolve)))';
/** Impacts of axe's rules that are faults. */
const GRAVE = ['serious', 'critical'];

interface Found {
  id: string;
  impact: string;
  places: string[];
}

/**
 * What is wrong with the screen that a page shows, one line each: rules of accessibility that axe finds gravely broken, light and dark,
 * on a laptop and a phone, and widths at which the page itself scrolls sideways. Leaves the page in the scheme and size it had.
 */
export async function screenFaults(page: Page): Promise<string[]> {
  const before = page.viewportSize();
  const faults: string[] = [];
  for (const [scheme, width] of AUDITED) {
    await page.emulateMedia({ colorScheme: scheme });
    await page.locator(`html[data-mantine-color-scheme="${scheme}"]`).waitFor({ state: 'attached' });
    await page.setViewportSize({ width: WIDTHS[width], height: HEIGHT });
    // Colours that change over time, however short, have done so a frame later.
    await page.evaluate(TWO_FRAMES);
    for (const { id, impact, places } of await audit(page))
      faults.push(
        `${scheme} ${width}: ${impact} ${id} at ${places.length}: ${places.slice(0, MAX_PLACES).join('; ')}`,
      );
  }
  await page.emulateMedia({ colorScheme: null });
  for (const [name, width] of Object.entries(WIDTHS)) {
    await page.setViewportSize({ width, height: HEIGHT });
    const beyond = await page.evaluate<number>(
      'document.documentElement.scrollWidth - document.documentElement.clientWidth',
    );
    if (beyond > 0) faults.push(`${name}: the page is ${beyond} pixels wider than the screen`);
  }
  if (before) await page.setViewportSize(before);
  return faults;
}

async function audit(page: Page): Promise<Found[]> {
  await page.evaluate(axe.source);
  const found = await page.evaluate<
    Found[]
  >(`axe.run(document, { resultTypes: ['violations'] }).then(({ violations }) =>
    violations.map(({ id, impact, nodes }) => ({ id, impact, places: nodes.map(({ target, failureSummary }) =>
      target.join(' ') + ': ' + failureSummary.replaceAll(/\\s+/g, ' ')) })))`);
  return found.filter(({ impact }) => GRAVE.includes(impact));
}
