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

test("a damaged board shows the rest, and goes on when a person says so", async ({ page, context }) => {
  await openBoard(page);
  await quickAdd(page, "Ready", "Buy saplings", "Buy stakes", "Buy mulch");
  await page.evaluate(async () => {
    const answer = (request) => new Promise((done) => (request.onsuccess = () => done(request.result)));
    const database = await answer(indexedDB.open("taskloom/taskloom"));
    const log = database.transaction("log", "readwrite").objectStore("log");
    const entry = await answer(log.get(2));
    entry[60] ^= 1;
    await answer(log.put(entry, 2));
    database.close();
  });
  await page.reload();
  const notice = page.getByRole("alert", { name: "Part of your board cannot be read" });
  await expect(notice).toContainText("1 part of what this browser keeps cannot be read");
  await notice.getByText("Details").click();
  await expect(notice).toContainText("log entry 2: its checksum does not match");
  await expect(column(page, "Ready")).toHaveAccessibleName("Ready, 2 tasks");

  await column(page, "Ready").getByRole("button", { name: "Add a task to Ready" }).click();
  const field = page.getByRole("textbox", { name: "New task in Ready" });
  await field.fill("Not now");
  await field.press("Enter");
  await expect(page.getByText(/log entry 2 is damaged/).first()).toBeVisible();
  await expect(column(page, "Ready")).toHaveAccessibleName("Ready, 2 tasks");
  await field.fill("");
  await field.press("Escape");

  const other = await context.newPage();
  await other.goto("/board");
  await expect(other.getByRole("alert", { name: "Part of your board cannot be read" })).toBeVisible();
  await notice.getByRole("button", { name: "Go on without it…" }).click();
  await page.getByRole("dialog").getByRole("button", { name: "Go on without it" }).click();
  await expect(notice).toHaveCount(0);
  await expect(other.getByRole("alert")).toHaveCount(0);
  await quickAdd(page, "Ready", "Buy stakes again");
  await expect(column(other, "Ready")).toHaveAccessibleName("Ready, 3 tasks");
  await page.reload();
  await boardIsOpen(page);
  await expect(notice).toHaveCount(0);
  await expect(column(page, "Ready")).toHaveAccessibleName("Ready, 3 tasks");
});
