// The queue: the switch of the scheduler, the claim order, the leases.
import AxeBuilder from "@axe-core/playwright";
import { expect, test } from "@playwright/test";

import { addLines, card, openBoard } from "./page.mjs";

/** Adds tasks to Queued, in order. */
async function queued(page, ...titles) {
  await openBoard(page);
  await addLines(page, titles);
  for (const at of titles.keys()) {
    await card(page, `T-${at + 1}`).click();
    const panel = page.getByRole("complementary", { name: `T-${at + 1}` });
    await panel.getByRole("button", { name: "Start" }).click();
    await expect(panel.getByRole("button", { name: "Take it" })).not.toHaveAttribute("aria-disabled", "true");
  }
  await page.keyboard.press("Escape");
}

async function toQueue(page) {
  await page.getByRole("navigation", { name: "Pages" }).getByRole("link", { name: "Queue" }).click();
  await expect(page.getByRole("heading", { name: "Claim order" })).toBeVisible();
}

function scheduler(page) {
  return page.getByRole("region", { name: "Scheduler" });
}

test("a drain with two claims times out, stays paused, and is resumed", async ({ page }) => {
  await queued(page, "One", "Two", "Three");
  for (const id of ["T-1", "T-2"]) {
    await card(page, id).click();
    await page.getByRole("complementary", { name: id }).getByRole("button", { name: "Take it" }).click();
  }
  await page.keyboard.press("Escape");
  await page.clock.install();
  await toQueue(page);
  await expect(page.getByRole("region", { name: "Leases, 2 runs" })).toContainText("never expires");

  await scheduler(page).getByRole("button", { name: "Drain…" }).click();
  const dialog = page.getByRole("dialog", { name: "Drain the scheduler" });
  await dialog.getByRole("textbox", { name: "Reason" }).fill("Upgrade");
  await dialog.getByRole("combobox", { name: "Wait at most" }).selectOption("10 seconds");
  await dialog.getByRole("button", { name: "Drain", exact: true }).click();
  await expect(scheduler(page).getByRole("status")).toContainText("Draining: 2 claims left");
  await expect(scheduler(page)).toContainText("Scheduler: Paused");
  await page.clock.runFor(11_000);
  await expect(scheduler(page).getByRole("status")).toContainText("Timed out with 2 claims left");
  await expect(scheduler(page)).toContainText("Scheduler: Paused");
  const order = page.getByRole("region", { name: "Claim order, 1 run" });
  await expect(order).toContainText("Not now: the scheduler is paused");

  await scheduler(page).getByRole("button", { name: "Resume" }).click();
  await expect(scheduler(page)).toContainText("Scheduler: Running");
  await expect(order).toContainText("Can be claimed");
});

test("the scheduler is paused by keys, with a reason", async ({ page }) => {
  await queued(page, "One");
  await page.keyboard.press("g");
  await page.keyboard.press("q");
  await scheduler(page).getByRole("button", { name: "Pause…" }).press("Enter");
  await page.keyboard.type("Lunch");
  await page.keyboard.press("Enter");
  await expect(scheduler(page)).toContainText("Paused by you just now: Lunch");
  await expect(page.getByRole("navigation", { name: "Pages" })).toContainText("Paused");
});

test("a claim without a sign of life counts down and goes back to the queue", async ({ page }) => {
  await page.clock.install();
  await queued(page, "One");
  await page.getByRole("button", { name: "Claim next" }).click();
  await card(page, "T-1").click();
  const panel = page.getByRole("complementary", { name: "T-1" });
  await panel.getByRole("button", { name: "Hand in a result…" }).click();
  const dialog = page.getByRole("dialog", { name: "Finish T-1 with a result" });
  const result = dialog.getByRole("textbox", { name: "Result, as text or JSON" });
  await result.fill("Too late");
  await page.clock.fastForward("00:30:00");
  await expect(panel).toContainText("Attempt 1, queued");
  await dialog.getByRole("button", { name: "Finish" }).click();
  await expect(dialog.getByRole("alert")).toContainText("the claim was lost");
  await expect(dialog.getByRole("alert")).toContainText("invalid_claim_token");
  await expect(result).toHaveValue("Too late");
});

for (const colorScheme of ["light", "dark"]) {
  for (const width of [1280, 375]) {
    test(`the queue passes the audit, ${colorScheme}, ${width} wide`, async ({ page }) => {
      await page.emulateMedia({ colorScheme, reducedMotion: "reduce" });
      await queued(page, "One", "Two");
      await page.getByRole("button", { name: "Claim next" }).click();
      await page.setViewportSize({ width, height: 800 });
      await toQueue(page);
      await expect(page.getByRole("region", { name: "Leases, 1 run" })).toContainText("left");
      const tags = ["wcag2a", "wcag2aa", "wcag21aa", "wcag22aa", "best-practice"];
      const { violations } = await new AxeBuilder({ page }).withTags(tags).analyze();
      expect(violations.map(({ id, nodes }) => `${id}: ${nodes[0].html}`)).toEqual([]);
    });
  }
}
