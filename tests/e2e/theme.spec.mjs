// Light and dark.
import { expect, test } from "@playwright/test";
import { boardIsOpen, openBoard } from "./app.mjs";

test("light and dark are chosen, and kept", async ({ page }) => {
  await page.emulateMedia({ colorScheme: "light" });
  await openBoard(page);
  const background = () => page.evaluate(() => getComputedStyle(document.body).backgroundColor);
  const [light, dark] = ["rgb(246, 247, 249)", "rgb(15, 19, 24)"];
  expect(await background()).toBe(light);
  await page.getByRole("button", { name: "Dark", exact: true }).click();
  expect(await background()).toBe(dark);
  await page.reload();
  await boardIsOpen(page);
  expect(await background()).toBe(dark);
  await expect(page.getByRole("button", { name: "Dark", exact: true })).toHaveAttribute("aria-pressed", "true");
  await page.getByRole("button", { name: "As the system" }).click();
  expect(await background()).toBe(light);
  await page.emulateMedia({ colorScheme: "dark" });
  expect(await background()).toBe(dark);
});
