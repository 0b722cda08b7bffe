// What the tests of the board need again and again, by role and name as a person
// finds it.
import { expect } from "@playwright/test";

/** Opens an empty board; every test has a browser profile of its own. */
export async function openBoard(page) {
  await page.goto("/");
  await expect(page.getByRole("heading", { name: "Start with one line" })).toBeVisible();
}

/** A column with how many tasks it says to have. */
export function column(page, name, count) {
  const tasks = count === 1 ? "1 task" : `${count} tasks`;
  return page.getByRole("region", { name: `${name}, ${tasks}`, exact: true });
}

/** The card of a task. */
export function card(page, identifier) {
  return page.getByRole("listitem").getByRole("link", { name: new RegExp(`^${identifier} .*, priority `) });
}

/** Adds lines by keys alone, to the column that new tasks go to. */
export async function addLines(page, lines) {
  await page.keyboard.press("c");
  const field = page.getByRole("textbox", { name: /^New task in/ });
  await expect(field).toBeFocused();
  for (const line of lines) {
    await page.keyboard.type(line);
    await page.keyboard.press("Enter");
    await expect(field).toHaveValue("");
  }
  await page.keyboard.press("Escape");
  await expect(field).toHaveCount(0);
}
