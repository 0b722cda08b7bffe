// The whole board as a file: exported, erased, restored, merged, replaced, put back.
import { readFile } from "node:fs/promises";
import { expect, test } from "@playwright/test";
import { boardIsOpen, card, chooseText, column, openBoard, panel, quickAdd } from "./app.mjs";

/** Exports by a button of the page, and answers the text of the file. */
async function exported(page) {
  const downloading = page.waitForEvent("download");
  await page.getByRole("main").getByRole("button", { name: "Export", exact: true }).click();
  const download = await downloading;
  expect(download.suggestedFilename()).toBe("taskloom.json");
  return readFile(await download.path(), "utf8");
}

async function goTo(page, name) {
  await page.getByRole("navigation", { name: "Pages" }).getByRole("link", { name }).click();
}

const chooseBundle = (page, text, name = "taskloom.json") => chooseText(page, text, name);

/** The table of the preview: `{ tasks: { Added: 2, … }, … }`. */
async function preview(page) {
  const table = page.getByRole("table", { name: "What will happen" });
  await expect(table).toBeVisible();
  const names = (await table.getByRole("columnheader").allTextContents()).slice(1);
  const rows = await table.locator("tbody tr").evaluateAll((rows) =>
    rows.map((row) => [...row.children].map((cell) => cell.textContent)),
  );
  return Object.fromEntries(
    rows.map(([kind, ...counts]) => [
      kind,
      Object.fromEntries(names.map((name, place) => [name, Number(counts[place])])),
    ]),
  );
}

const counts = (some) => ({ Added: 0, Changed: 0, Kept: 0, Removed: 0, Same: 0, ...some });

/** A board with work in every state that a person reaches. */
async function work(page) {
  await openBoard(page);
  await quickAdd(page, "Queued", "Buy saplings");
  await column(page, "Queued").getByRole("button", { name: "Claim next" }).click();
  await card(column(page, "In progress"), "T-1").click();
  await panel(page, "T-1").getByRole("button", { name: "Finish", exact: true }).click();
  await expect(column(page, "Done")).toHaveAccessibleName("Done, 1 task");
  await panel(page, "T-1").getByRole("button", { name: "Close panel" }).click();
  await quickAdd(page, "Ready", "Dig holes", "Plant them >T-2");
  await quickAdd(page, "Queued", "Water them");
  await quickAdd(page, "Draft", "Think about bees");
  await expect(card(column(page, "Blocked"), "T-3")).toBeAttached();
}

async function erase(page) {
  await goTo(page, "Storage");
  await page.getByRole("button", { name: "Erase all data…" }).click();
  const dialog = page.getByRole("dialog", { name: "Erase all data?" });
  await dialog.getByLabel("Type taskloom to go on").fill("taskloom");
  await dialog.getByRole("button", { name: "Erase all data" }).click();
  await expect(page.getByText("Everything is erased").first()).toBeVisible();
}

test("a bundle that is exported, erased and restored gives an equal board", async ({ page }) => {
  await work(page);
  await goTo(page, "Storage");
  const first = await exported(page);
  await erase(page);
  await boardIsOpen(page);
  await goTo(page, "Board");
  await expect(page.getByRole("heading", { name: "Start with one line" })).toBeVisible();

  await goTo(page, "Import");
  await chooseBundle(page, first);
  await expect(page.getByRole("heading", { name: "Check taskloom.json" })).toBeFocused();
  await expect(page.getByText("This board is empty: it becomes what the file holds.")).toBeVisible();
  expect((await preview(page)).tasks).toEqual(counts({ Added: 5 }));
  await page.getByRole("button", { name: "Restore the board" }).click();
  await expect(page.getByRole("heading", { name: "taskloom.json is on the board" })).toBeFocused();
  await page.getByRole("link", { name: "Show on the board" }).click();
  await expect(card(column(page, "Blocked"), "T-3")).toHaveAccessibleName(/Waits for T-2 Dig holes/);
  await expect(column(page, "Queued")).toHaveAccessibleName("Queued, 1 task");

  await page.goto("/export");
  await boardIsOpen(page);
  await expect(page.getByText("It holds 5 tasks, 2 runs,")).toBeVisible();
  expect(await exported(page)).toBe(first);
  expect(JSON.parse(first).tasks).toHaveLength(5);
});

test("erasing asks for the board's name, and for nothing less", async ({ page }) => {
  await openBoard(page);
  await quickAdd(page, "Ready", "Buy saplings");
  await goTo(page, "Storage");
  await page.getByRole("button", { name: "Erase all data…" }).click();
  const dialog = page.getByRole("dialog", { name: "Erase all data?" });
  await expect(dialog.getByRole("button", { name: "Keep everything" })).toBeFocused();
  await expect(dialog).toContainText("The board goes, with 1 task, ");
  const go = dialog.getByRole("button", { name: "Erase all data" });
  await expect(go).toHaveAttribute("aria-disabled", "true");
  await go.click({ force: true });
  const field = dialog.getByLabel("Type taskloom to go on");
  await field.fill("task");
  await field.press("Enter");
  await expect(dialog).toBeVisible();
  await page.keyboard.press("Escape");
  await expect(dialog).toHaveCount(0);
  await page.reload();
  await goTo(page, "Board");
  await expect(column(page, "Ready")).toHaveAccessibleName("Ready, 1 task");
});

test("another tab is told that the board was erased, and begins anew", async ({ page, context }) => {
  await openBoard(page);
  await quickAdd(page, "Ready", "Buy saplings");
  const other = await context.newPage();
  await openBoard(other);
  await erase(page);
  await expect(other.getByRole("alert")).toContainText("Another tab updated or erased the board");
  await other.reload();
  await expect(other.getByRole("heading", { name: "Start with one line" })).toBeVisible();
});

test("a board is merged with a file, one way or the other, and put back", async ({ page }) => {
  await openBoard(page);
  await quickAdd(page, "Ready", "Dig holes", "Buy saplings");
  await goTo(page, "Storage");
  const before = await exported(page);
  const bundle = JSON.parse(before);
  const [shared] = bundle.tasks.filter(({ title }) => title === "Dig holes");
  bundle.tasks.push({ ...shared, id: "task-new", identifier: "T-9", title: "From elsewhere" });
  shared.title = "Dig deep holes";

  await goTo(page, "Import");
  await chooseBundle(page, JSON.stringify(bundle), "theirs.json");
  const keep = page.getByRole("radio", { name: "Merge, and keep what is here" });
  await expect(keep).toBeChecked();
  expect((await preview(page)).tasks).toEqual(counts({ Added: 1, Kept: 1, Same: 1 }));
  await page.getByText("1 record differs").click();
  await expect(page.getByRole("listitem").filter({ hasText: "T-1 Dig holes" })).toBeVisible();
  await page.getByRole("radio", { name: "Merge, and take what the file has" }).check();
  expect((await preview(page)).tasks).toEqual(counts({ Added: 1, Changed: 1, Same: 1 }));
  await page.getByRole("button", { name: "Merge into the board" }).click();
  await expect(page.getByRole("heading", { name: "theirs.json is on the board" })).toBeFocused();
  await expect(page.getByText("Records: 1 added, 1 changed.")).toBeVisible();

  await page.getByRole("button", { name: "Put the board back as it was" }).click();
  await expect(page.getByText("The board is as it was before the import").first()).toBeVisible();
  await goTo(page, "Storage");
  expect(await exported(page)).toBe(before);
});

test("replacing asks first, with what goes, and undo brings it back", async ({ page }) => {
  await openBoard(page);
  await quickAdd(page, "Ready", "Theirs");
  await page.goto("/export");
  await boardIsOpen(page);
  const theirs = await exported(page);
  await erase(page);
  await boardIsOpen(page);
  await goTo(page, "Board");
  await quickAdd(page, "Ready", "Mine", "Mine too");

  await goTo(page, "Import");
  await chooseBundle(page, theirs);
  await page.getByRole("radio", { name: "Replace this board" }).check();
  expect((await preview(page)).tasks).toEqual(counts({ Added: 1, Removed: 2 }));
  await page.getByRole("button", { name: "Replace the board…" }).click();
  const dialog = page.getByRole("dialog", { name: "Replace this board?" });
  await expect(dialog).toContainText("Removed: 2 tasks");
  await expect(dialog.getByRole("button", { name: "Keep this board" })).toBeFocused();
  await page.keyboard.press("Escape");
  await page.getByRole("button", { name: "Replace the board…" }).click();
  await dialog.getByRole("button", { name: "Replace it" }).click();
  await page.getByRole("link", { name: "Show on the board" }).click();
  await expect(column(page, "Ready")).toHaveAccessibleName("Ready, 1 task");
  await page.keyboard.press("Control+z");
  await expect(column(page, "Ready")).toHaveAccessibleName("Ready, 2 tasks");
});

test("what was done after an import is not undone unasked", async ({ page }) => {
  await openBoard(page);
  await quickAdd(page, "Ready", "Mine");
  await goTo(page, "Storage");
  const bundle = JSON.parse(await exported(page));
  bundle.tasks.push({ ...bundle.tasks[0], id: "task-new", identifier: "T-9", title: "New" });
  await goTo(page, "Import");
  await chooseBundle(page, JSON.stringify(bundle));
  await page.getByRole("button", { name: "Merge into the board" }).click();
  await page.getByRole("link", { name: "Show on the board" }).click();
  await quickAdd(page, "Ready", "Done since");
  // The first one takes the new task back.
  await page.keyboard.press("Control+z");
  await expect(column(page, "Ready")).toHaveAccessibleName("Ready, 2 tasks");
  await page.keyboard.press("Control+z");
  await expect(page.getByText(/Not undone: File merged into the board/).first()).toBeVisible();
  await expect(column(page, "Ready")).toHaveAccessibleName("Ready, 2 tasks");
});

test("a merge that breaks a rule says which, and is not offered", async ({ page }) => {
  await openBoard(page);
  await quickAdd(page, "Ready", "Dig holes", "Buy saplings");
  await goTo(page, "Storage");
  const bundle = JSON.parse(await exported(page));
  const id = (title) => bundle.tasks.find((task) => task.title === title).id;
  const [dig, buy] = [id("Dig holes"), id("Buy saplings")];
  const edge = (task_id, depends_on_task_id) => ({
    task_id, depends_on_task_id, kind: "blocks", created_at: bundle.tasks[0].created_at,
  });
  bundle.dependencies.push(edge(dig, buy));
  await goTo(page, "Board");
  await quickAdd(page, "Ready", "Other");
  await card(column(page, "Ready"), "T-2").click();
  await panel(page, "T-2").getByRole("combobox").first().fill("Dig");
  await page.keyboard.press("Enter");
  await expect(card(column(page, "Blocked"), "T-2")).toBeAttached();
  await panel(page, "T-2").getByRole("button", { name: "Close panel" }).click();

  await goTo(page, "Import");
  await chooseBundle(page, JSON.stringify(bundle));
  await expect(page.getByText(/would close the loop/).first()).toBeVisible();
  const button = page.getByRole("button", { name: "Merge into the board" });
  await expect(button).toHaveAttribute("aria-disabled", "true");
  await page.getByRole("radio", { name: "Replace this board" }).check();
  await expect(page.getByRole("button", { name: "Replace the board…" })).not.toHaveAttribute(
    "aria-disabled",
    "true",
  );
});

test("a bundle that is not sound is turned down with the record at fault", async ({ page }) => {
  await page.goto("/import");
  await boardIsOpen(page);
  const bundle = { format: "taskloom-bundle", format_version: 1 };
  for (const [document, text] of [
    [{ ...bundle, format_version: 7 }, /A newer version of Taskloom wrote this bundle \(format 7\)/],
    [
      { ...bundle, dependencies: [{ task_id: "a", depends_on_task_id: "b", kind: "blocks", created_at: "2026-01-01T00:00:00Z" }] },
      /In this bundle, the dependency of a on b names task a as its task_id, which is missing/,
    ],
  ]) {
    await chooseBundle(page, JSON.stringify(document));
    await expect(page.getByRole("alert")).toContainText(text);
  }
  await chooseBundle(page, JSON.stringify(bundle).slice(0, -1));
  await expect(page.getByRole("alert")).toContainText("This bundle is malformed");
});

test("the page asks once to keep what is stored, and shows how much that is", async ({ page }) => {
  await page.addInitScript(() => {
    window.asked = 0;
    const { persist } = StorageManager.prototype;
    StorageManager.prototype.persist = function () {
      window.asked += 1;
      return persist.call(this);
    };
  });
  await openBoard(page);
  expect(await page.evaluate(() => window.asked), "nothing is kept yet").toBe(0);
  await quickAdd(page, "Ready", "Buy saplings");
  await expect.poll(() => page.evaluate(() => window.asked)).toBe(1);
  await quickAdd(page, "Ready", "Buy stakes");
  await goTo(page, "Storage");
  await expect(page.getByText(/^About [\d.]+ \w+ of [\d.]+ \w+ in use/)).toBeVisible();
  await expect(page.getByRole("meter", { name: "In use" })).toBeVisible();
  expect(await page.evaluate(() => window.asked)).toBe(1);
});
