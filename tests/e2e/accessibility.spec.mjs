import AxeBuilder from "@axe-core/playwright";
import { expect, test } from "@playwright/test";

import { addLines, card, openBoard } from "./page.mjs";

const TAGS = ["wcag2a", "wcag2aa", "wcag21aa", "wcag22aa", "best-practice"];

async function audit(page) {
  const { violations } = await new AxeBuilder({ page }).withTags(TAGS).analyze();
  expect(violations.map(({ id, nodes }) => `${id}: ${nodes[0].html}`)).toEqual([]);
}

for (const colorScheme of ["light", "dark"]) {
  for (const width of [1280, 375]) {
    test(`every view passes the audit, ${colorScheme}, ${width} wide`, async ({ page }) => {
      await page.emulateMedia({ colorScheme, reducedMotion: "reduce" });
      await openBoard(page);
      await audit(page);
      await addLines(page, ["First #a !urgent @you", "Second >T-1"]);
      await page.setViewportSize({ width, height: 800 });
      await card(page, "T-1").focus();
      await audit(page);
      await page.keyboard.press("m");
      await expect(page.getByRole("menu")).toBeVisible();
      await audit(page);
      await page.keyboard.press("Escape");
      await page.keyboard.press("Enter");
      await expect(page.getByRole("complementary")).toBeVisible();
      await audit(page);
    });
  }
}

test("nothing is wider than a screen of 320 pixels", async ({ page }) => {
  await page.setViewportSize({ width: 320, height: 640 });
  await openBoard(page);
  const width = await page.evaluate(() => document.documentElement.scrollWidth);
  expect(width).toBe(320);
});
