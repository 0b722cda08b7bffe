// What an audit of a page finds, and whether the page scrolls sideways.
import AxeBuilder from "@axe-core/playwright";
import { expect } from "@playwright/test";

/** The two widths that pages are audited at. */
export const SIZES = { 1280: { width: 1280, height: 800 }, 390: { width: 390, height: 844 } };

export async function audit(page, what) {
  const { violations } = await new AxeBuilder({ page }).analyze();
  const found = violations.map(({ id, nodes }) => `${what}: ${id}: ${nodes.map((node) => node.html).join(" | ")}`);
  expect(found).toEqual([]);
  const { scroll, view } = await page.evaluate(() => {
    const { scrollWidth, clientWidth } = document.documentElement;
    return { scroll: scrollWidth, view: clientWidth };
  });
  expect(scroll, `${what} does not scroll sideways`).toBeLessThanOrEqual(view);
}
