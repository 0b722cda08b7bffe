// A card goes to another column by the pointer, by its menu, and by keys.
import { expect, test } from "@playwright/test";
import { card, column, columnCounts, openBoard, panel, quickAdd } from "./app.mjs";

test("a card is dragged from Ready to Queued by the pointer", async ({ page }) => {
  await openBoard(page);
  await quickAdd(page, "Ready", "Buy saplings");
  const source = await card(column(page, "Ready"), "T-1").boundingBox();
  const target = await column(page, "Queued").boundingBox();
  await page.mouse.move(source.x + 40, source.y + 10);
  await page.mouse.down();
  await page.mouse.move(source.x + 60, source.y + 20, { steps: 4 });
  await expect(column(page, "Queued")).toContainText("Start → Queued");
  await expect(column(page, "Draft")).toContainText("a published task is never a draft again");
  await page.mouse.move(target.x + target.width / 2, target.y + 200, { steps: 8 });
  await page.mouse.up();
  await expect(card(column(page, "Queued"), "T-1")).toHaveAccessibleName(/Next in line/);
  await expect(column(page, "Ready")).toHaveAccessibleName("Ready, 0 tasks");
  // The click that follows a drag opens nothing.
  await expect(panel(page, "T-1")).toHaveCount(0);
});

test("a drag is put back by Escape", async ({ page }) => {
  await openBoard(page);
  await quickAdd(page, "Ready", "Buy saplings");
  const source = await card(column(page, "Ready"), "T-1").boundingBox();
  const target = await column(page, "Queued").boundingBox();
  await page.mouse.move(source.x + 40, source.y + 10);
  await page.mouse.down();
  await page.mouse.move(target.x + 50, target.y + 200, { steps: 8 });
  await expect(column(page, "Queued")).toContainText("Start → Queued");
  await page.keyboard.press("Escape");
  await page.mouse.up();
  await expect(column(page, "Queued")).not.toContainText("Start → Queued");
  expect(await columnCounts(page)).toMatchObject({ Ready: 1, Queued: 0 });
});

test("a card is picked up, carried and dropped by keys", async ({ page }) => {
  await openBoard(page);
  await quickAdd(page, "Ready", "Buy saplings");
  const ready = card(column(page, "Ready"), "T-1");
  await ready.focus();
  await page.keyboard.press("v");
  const said = page.getByRole("log");
  await expect(said).toContainText("Picked up T-1, Ready.");
  await page.keyboard.press("ArrowLeft");
  await expect(said).toContainText("Blocked: not possible, tasks come here by their blockers and approvals alone");
  await page.keyboard.press("ArrowRight");
  await page.keyboard.press("ArrowRight");
  await expect(said).toContainText("Queued: Start");
  await page.keyboard.press("Enter");
  await expect(card(column(page, "Queued"), "T-1")).toBeFocused();
});

test("a card is moved by its menu", async ({ page }) => {
  await openBoard(page);
  await quickAdd(page, "Ready", "Buy saplings");
  await card(column(page, "Ready"), "T-1").focus();
  await page.keyboard.press("m");
  const menu = page.getByRole("menu");
  const draft = menu.getByRole("menuitem", { name: /^Draft/ });
  await expect(draft).toHaveAttribute("aria-disabled", "true");
  await expect(draft).toContainText("a published task is never a draft again");
  const queued = menu.getByRole("menuitem", { name: /^Queued Start/ });
  await expect(queued).toBeFocused();
  await page.keyboard.press("Enter");
  await expect(card(column(page, "Queued"), "T-1")).toBeFocused();
});
