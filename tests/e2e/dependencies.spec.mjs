// Who waits for whom, from the panel of a task.
import { expect, test } from "@playwright/test";
import { card, column, openBoard, panel, quickAdd } from "./app.mjs";

test("a dependency is added, removed and put back", async ({ page }) => {
  await openBoard(page);
  await quickAdd(page, "Ready", "Buy saplings", "Plant them");
  await card(column(page, "Ready"), "T-2").click();
  const search = panel(page, "T-2").getByRole("combobox", { name: "Add a task that this one needs" });
  await search.fill("T-1");
  await search.press("Enter");
  await expect(card(column(page, "Blocked"), "T-2")).toHaveAccessibleName(/Waits for T-1/);
  await panel(page, "T-2").getByRole("button", { name: "Remove the dependency with T-1" }).click();
  await expect(card(column(page, "Ready"), "T-2")).toBeVisible();
  await page.getByRole("region", { name: "Messages" }).getByRole("button", { name: "Undo" }).last().click();
  await expect(card(column(page, "Blocked"), "T-2")).toHaveAccessibleName(/Waits for T-1/);
});
