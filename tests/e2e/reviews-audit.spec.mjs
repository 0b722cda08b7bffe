// The pages of reviews hold up to an audit, light and dark, wide and narrow.
import AxeBuilder from "@axe-core/playwright";
import { expect, test } from "@playwright/test";

import { finishedTask, requestReview, verdict } from "./review.mjs";

const TAGS = ["wcag2a", "wcag2aa", "wcag21aa", "wcag22aa", "best-practice"];

async function audit(page) {
  const { violations } = await new AxeBuilder({ page }).withTags(TAGS).analyze();
  expect(violations.map(({ id, nodes }) => `${id}: ${nodes[0].html}`)).toEqual([]);
}

for (const colorScheme of ["light", "dark"]) {
  for (const width of [1280, 375]) {
    test(`reviews pass the audit, ${colorScheme}, ${width} wide`, async ({ page }) => {
      await page.emulateMedia({ colorScheme, reducedMotion: "reduce" });
      await finishedTask(page, '{"files": 2}');
      await requestReview(page);
      await page.keyboard.press("Escape");
      await page.setViewportSize({ width, height: 800 });
      const id = page.url().match(/reviews\/([^?]+)/)[1];
      await page.goto("/reviews");
      await expect(page.getByRole("region", { name: "Unassigned, 1 review" })).toBeVisible();
      await audit(page);
      await page.goto(`/reviews/${id}?outcome=rejected`);
      const form = verdict(page);
      await expect(form.getByRole("textbox", { name: "Missing item 1" })).toBeFocused();
      await form.getByRole("button", { name: "Reject", exact: true }).click();
      await expect(form).toContainText("Say why");
      await audit(page);
      await page.getByRole("button", { name: "Assign…" }).click();
      await expect(page.getByRole("dialog")).toBeVisible();
      await audit(page);
      await page.keyboard.press("Escape");
      await form.getByRole("textbox", { name: "Confidence, in percent" }).fill("80");
      await form.getByRole("textbox", { name: "Reason" }).fill("No tests");
      await form.getByRole("textbox", { name: "Missing item 1" }).fill("Tests");
      await form.getByRole("button", { name: "Reject", exact: true }).click();
      await expect(form).toContainText("Continued by attempt 2");
      await audit(page);
    });
  }
}

test("no page of reviews is wider than a screen of 320 pixels", async ({ page }) => {
  await finishedTask(page, "done");
  await requestReview(page);
  const address = page.url().replace(/\?.*/, "");
  await page.setViewportSize({ width: 320, height: 640 });
  for (const path of [address, "/reviews"]) {
    await page.goto(path);
    await expect(page.getByRole("link", { name: /T-1/ }).first()).toBeVisible();
    expect(await page.evaluate(() => document.documentElement.scrollWidth)).toBe(320);
    const main = page.getByRole("main");
    expect(await main.evaluate((node) => node.querySelector(".page").scrollWidth)).toBeLessThanOrEqual(320);
  }
});
