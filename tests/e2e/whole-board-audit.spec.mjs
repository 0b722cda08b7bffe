// The pages that take, bring and erase a whole board have nothing that an audit finds.
import { expect, test } from "@playwright/test";
import { boardIsOpen, chooseText, openBoard } from "./app.mjs";
import { SIZES, audit } from "./audit.mjs";

const bundle = (title) => ({
  format: "taskloom-bundle",
  format_version: 1,
  tasks: ["a", "b"].map((id) => ({
    id, identifier: id, scope: "global", title: `${title} ${id}`, status: "ready", max_attempts: 3,
    created_by: { kind: "human", ref: "you" }, origin: { kind: "web", ref: "taskloom" },
    created_at: "2026-01-01T00:00:00Z", updated_at: "2026-01-01T00:00:00Z",
  })),
});

for (const [width, viewport] of Object.entries(SIZES)) {
  for (const colorScheme of ["light", "dark"]) {
    test.describe(`${colorScheme} at ${width}`, () => {
      test.use({ viewport, colorScheme, contextOptions: { reducedMotion: "reduce" } });

      test("storage, export and restoring pass the audit", async ({ page }) => {
        const shot = async (what) => {
          await audit(page, what);
          const folder = process.env.TASKLOOM_SHOTS;
          if (folder) await page.screenshot({ path: `${folder}/${what}-${colorScheme}-${width}.png` });
        };
        await openBoard(page);
        await page.goto("/import");
        await boardIsOpen(page);
        await chooseText(page, JSON.stringify(bundle("Plant")), "first.json");
        await expect(page.getByRole("button", { name: "Restore the board" })).toBeVisible();
        await shot("restore");
        await page.getByRole("button", { name: "Restore the board" }).click();
        await expect(page.getByRole("heading", { name: /is on the board$/ })).toBeVisible();
        await shot("restored");
        await page.getByRole("button", { name: "Import another file" }).click();
        const other = bundle("Water");
        other.tasks[1].id = "c";
        await chooseText(page, JSON.stringify(other), "second.json");
        await page.getByText("1 record differs").click();
        await shot("merge");
        await page.getByRole("radio", { name: "Replace this board" }).check();
        await page.getByRole("button", { name: "Replace the board…" }).click();
        await expect(page.getByRole("dialog")).toBeVisible();
        await shot("replace");
        await page.getByRole("button", { name: "Keep this board" }).click();
        await page.goto("/export");
        await boardIsOpen(page);
        await shot("export");
        await page.goto("/settings");
        await expect(page).toHaveURL(/\/settings\/storage$/);
        await expect(page.getByRole("meter", { name: "In use" })).toBeVisible();
        await shot("storage");
        await page.getByRole("button", { name: "Erase all data…" }).click();
        await shot("erase");
      });
    });
  }
}
