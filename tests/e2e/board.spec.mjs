import { expect, test } from "@playwright/test";

import { addLines, card, column, openBoard } from "./page.mjs";

test("finishing a blocker by keys frees its dependent, and a reload keeps it", async ({ page }) => {
  await openBoard(page);
  await addLines(page, ["Lay the table", "Serve dinner !high >T-1"]);
  await expect(column(page, "Blocked", 1)).toContainText("Waits for T-1 Lay the table");

  await card(page, "T-1").focus();
  await page.keyboard.press("v");
  await page.keyboard.press("ArrowRight");
  await page.keyboard.press("Enter");
  await expect(column(page, "Queued", 1)).toContainText("Next in line");
  await expect(card(page, "T-1")).toBeFocused();

  await page.keyboard.press("Enter");
  const panel = page.getByRole("complementary", { name: "T-1" });
  await panel.getByRole("button", { name: "Take it" }).press("Enter");
  const finish = panel.getByRole("button", { name: "Finish" });
  await expect(finish).not.toHaveAttribute("aria-disabled", "true");
  await finish.focus();
  await expect(panel).toContainText("Finishing it would free: T-2");
  await finish.press("Enter");
  await expect(column(page, "Done", 1)).toBeVisible();
  await expect(column(page, "Ready", 1)).toContainText("Serve dinner");

  await page.reload();
  await expect(column(page, "Done", 1)).toBeVisible();
  await expect(page.getByRole("complementary", { name: "T-1" })).toContainText("Attempt 1");
});

test("a loop of dependencies is refused edge by edge where it was asked for", async ({ page }) => {
  await openBoard(page);
  await addLines(page, ["Agree", "Build >T-1", "Check >T-2"]);
  await card(page, "T-1").click();
  const panel = page.getByRole("complementary", { name: "T-1" });
  await panel.getByRole("combobox").fill("T-3");
  await panel.getByRole("combobox").press("Enter");
  await expect(panel.getByRole("alert")).toContainText(
    "T-3 needs T-2, T-2 needs T-1; T-1 needs T-3 would close the loop",
  );
  await expect(panel).toContainText("Waits for nothing.");
});

test("a card is dragged to a legal column and stays before an illegal one", async ({ page }) => {
  await openBoard(page);
  await addLines(page, ["Drag me"]);
  const drag = async (to) => {
    const from = await card(page, "T-1").boundingBox();
    const target = await to.boundingBox();
    await page.mouse.move(from.x + 30, from.y + 10);
    await page.mouse.down();
    await page.mouse.move(from.x + 60, from.y + 40, { steps: 4 });
    await page.mouse.move(target.x + target.width / 2, target.y + 300, { steps: 4 });
  };
  await drag(column(page, "Blocked", 0));
  await expect(column(page, "Blocked", 0)).toContainText("tasks come here by their blockers");
  await page.mouse.up();
  await expect(column(page, "Ready", 1)).toContainText("T-1 stays in Ready");

  await drag(column(page, "Queued", 0));
  await expect(column(page, "Queued", 0)).toContainText("Start → Queued");
  await page.mouse.up();
  await expect(column(page, "Queued", 1)).toContainText("Drag me");
  await expect(page).not.toHaveURL(/panel=/);
});

test("a claim by hand holds a token that finishes the run", async ({ page }) => {
  await openBoard(page);
  await page.getByRole("button", { name: "Add a task to Queued" }).click();
  await page.keyboard.type("Claim me");
  await page.keyboard.press("Enter");
  await expect(column(page, "Queued", 1)).toBeVisible();
  await page.getByRole("button", { name: "Claim next" }).click();
  await expect(column(page, "In progress", 1)).toContainText("You, claimed, lease");
  await card(page, "T-1").click();
  await page.getByRole("button", { name: "Finish" }).click();
  await expect(column(page, "Done", 1)).toBeVisible();
});

test("an addition is taken back with Control and Z", async ({ page }) => {
  await openBoard(page);
  await addLines(page, ["One", "Two"]);
  await page.keyboard.press("Control+z");
  await expect(column(page, "Ready", 1)).toContainText("One");
});

test("canceling names its consequences and keeps the safe answer focused", async ({ page }) => {
  await openBoard(page);
  await addLines(page, ["Parent", "Child ^T-1", "Waits >T-1"]);
  await card(page, "T-1").click();
  await page.getByRole("button", { name: "Cancel task" }).click();
  const dialog = page.getByRole("dialog", { name: "Cancel T-1 Parent?" });
  await expect(dialog).toContainText("1 task below it is canceled with it.");
  await expect(dialog).toContainText("1 other task stays blocked");
  await expect(dialog.getByRole("button", { name: "Keep it" })).toBeFocused();
  await dialog.getByRole("button", { name: "Cancel the task" }).click();
  await expect(column(page, "Canceled", 2)).toBeVisible();
});

test("two tabs show one board", async ({ page, context }) => {
  await openBoard(page);
  const other = await context.newPage();
  await openBoard(other);
  await addLines(page, ["Seen in both"]);
  await expect(column(other, "Ready", 1)).toContainText("Seen in both");
});

test("without storage the board goes on in memory and can be exported", async ({ page }) => {
  await page.addInitScript(() => {
    Object.defineProperty(window, "indexedDB", {
      get() {
        throw new DOMException("denied", "SecurityError");
      },
    });
  });
  await page.goto("/");
  await page.getByRole("button", { name: "Go on in memory" }).click();
  await addLines(page, ["Kept nowhere"]);
  const download = page.waitForEvent("download");
  await page.getByRole("button", { name: "Export" }).click();
  expect((await download).suggestedFilename()).toBe("taskloom.json");
});
