// What was done stays: over a reload, in every tab, and as far as the browser lets it.
import { readFile } from "node:fs/promises";
import { expect, test } from "@playwright/test";
import { boardIsOpen, card, column, columnCounts, openBoard, panel, quickAdd } from "./app.mjs";

test("what was done is there after a reload", async ({ page }) => {
  await openBoard(page);
  await quickAdd(page, "Queued", "Buy saplings");
  await quickAdd(page, "Draft", "Think about bees");
  await column(page, "Queued").getByRole("button", { name: "Claim next" }).click();
  await expect(card(column(page, "In progress"), "T-1")).toBeVisible();
  const counts = await columnCounts(page);
  await page.reload();
  await boardIsOpen(page);
  await expect.poll(() => columnCounts(page)).toEqual(counts);
  await card(column(page, "In progress"), "T-1").click();
  await panel(page, "T-1").getByRole("button", { name: "Finish", exact: true }).click();
  await expect(column(page, "Done")).toHaveAccessibleName("Done, 1 task");
});

test("two tabs see each other's changes", async ({ page, context }) => {
  await openBoard(page);
  const other = await context.newPage();
  await openBoard(other);
  await quickAdd(page, "Ready", "Buy saplings");
  await expect(card(column(other, "Ready"), "T-1")).toBeVisible();
  await quickAdd(other, "Ready", "Plant them >T-1");
  await expect(card(column(page, "Blocked"), "T-2")).toHaveAccessibleName(/Waits for T-1 Buy saplings/);
});

const REFUSALS = {
  "throws at once": () => {
    IDBFactory.prototype.open = () => {
      throw new DOMException("The operation is insecure.", "SecurityError");
    };
  },
  "fails the request": () => {
    IDBFactory.prototype.open = function () {
      const request = new EventTarget();
      request.error = new DOMException("A mutation operation was attempted.", "InvalidStateError");
      queueMicrotask(() => {
        const event = new Event("error");
        request.onerror?.(event);
        request.dispatchEvent(event);
      });
      return request;
    };
  },
};

for (const [how, refuse] of Object.entries(REFUSALS)) {
  test(`a browser whose IndexedDB ${how} still has a board in memory`, async ({ page }) => {
    await page.addInitScript(refuse);
    await page.goto("/board");
    const refused = page.getByRole("alert", { name: "Your board cannot be opened" });
    await refused.getByRole("button", { name: "Go on in memory" }).click();
    const notice = page.getByRole("alert", { name: "This board lives in this tab only" });
    await expect(notice).toContainText("It is gone when you close or reload the tab.");
    await quickAdd(page, "Ready", "Buy saplings");
    const downloading = page.waitForEvent("download");
    await notice.getByRole("button", { name: "Export" }).click();
    const download = await downloading;
    expect(download.suggestedFilename()).toBe("taskloom.json");
    const text = await readFile(await download.path(), "utf8");
    expect(text).toContain("Buy saplings");
    expect(() => JSON.parse(text)).not.toThrow();
    await page.reload();
    await expect(refused).toBeVisible();
  });
}
