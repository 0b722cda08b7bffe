// The import, and a board that was imported, have nothing that an audit finds.
import { fileURLToPath } from "node:url";
import { expect, test } from "@playwright/test";
import { SIZES, audit } from "./audit.mjs";
import { boardIsOpen, card, chooseText, column } from "./app.mjs";

const ORCHARD = fileURLToPath(new URL("../fixtures/orchard.jsonl", import.meta.url));
for (const [width, viewport] of Object.entries(SIZES)) {
  for (const colorScheme of ["light", "dark"]) {
    test.describe(`${colorScheme} at ${width}`, () => {
      test.use({ viewport, colorScheme, contextOptions: { reducedMotion: "reduce" } });

      test("the import passes the audit", async ({ page }) => {
        await page.goto("/import");
        await boardIsOpen(page);
        await audit(page, "choose");
        await chooseText(page, "no JSON", "notes.txt");
        await expect(page.getByRole("alert")).toBeVisible();
        await audit(page, "turned down");
        const bad = ['{"id":"a","title":"A","dependencies":[{"depends_on_id":"b","type":"blocks"}]}',
          '{"id":"b","title":"B","dependencies":[{"depends_on_id":"a","type":"blocks"}]}', "nonsense",
          '{"id":"c","title":"C","dependencies":[{"depends_on_id":"d","type":"blocks"}]}'];
        await chooseText(page, bad.join("\n"));
        await expect(page.getByRole("heading", { name: "2 lines cannot be imported" })).toBeVisible();
        await audit(page, "problems");
        await page.getByRole("button", { name: "Choose another file" }).click();
        await page.getByLabel("Choose a file", { exact: true }).setInputFiles(ORCHARD);
        await page.getByRole("button", { name: "Import 10 tasks" }).click();
        await expect(page.getByRole("heading", { name: /imported$/ })).toBeVisible();
        await audit(page, "result");
        await page.getByRole("link", { name: "Show on the board" }).click();
        await expect(card(column(page, "Blocked"), "orchard-1.2")).toBeAttached();
        await audit(page, "board");
      });
    });
  }
}
