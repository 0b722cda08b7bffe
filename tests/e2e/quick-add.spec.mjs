// One line becomes one task.
import { expect, test } from "@playwright/test";
import { card, column, openBoard, quickAdd } from "./app.mjs";

test("quick add makes tasks that wait for one another", async ({ page }) => {
  await openBoard(page);
  await quickAdd(page, "Ready", "Buy saplings !urgent", "Plant them >T-1 #garden", "Water them >T-2");
  await expect(card(column(page, "Ready"), "T-1")).toHaveAccessibleName(/^T-1 Buy saplings, Ready, priority urgent/);
  await expect(card(column(page, "Blocked"), "T-2")).toHaveAccessibleName(/Waits for T-1 Buy saplings/);
  await expect(card(column(page, "Blocked"), "T-3")).toHaveAccessibleName(/Waits for T-2 Plant them/);
});

test("quick add says what is wrong with a line and keeps it", async ({ page }) => {
  await openBoard(page);
  await page.keyboard.press("c");
  const field = page.getByRole("textbox", { name: "New task in Ready" });
  await expect(field).toBeFocused();
  await page.keyboard.type("Plant >T-99");
  await page.keyboard.press("Enter");
  await expect(page.getByRole("alert")).toContainText("no task is called “T-99”");
  await expect(field).toHaveValue("Plant >T-99");
  await expect(column(page, "Ready")).toHaveAccessibleName("Ready, 0 tasks");
});
