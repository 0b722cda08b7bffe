// End-to-end tests drive the app as a person would, in the Chromium of the
// system: no browser is ever downloaded. `cargo xtask test e2e` sets both
// variables; without them, a Chromium in the usual place and a server started
// by hand are assumed.
import { defineConfig } from "@playwright/test";

import { EXECUTABLE, FLAGS } from "./site.mjs";

export default defineConfig({
  testDir: "e2e",
  outputDir: "../target/playwright",
  fullyParallel: true,
  forbidOnly: Boolean(process.env.CI),
  workers: 2,
  timeout: 60_000,
  expect: { timeout: 10_000 },
  reporter: "list",
  use: {
    baseURL: process.env.TASKLOOM_URL ?? "http://127.0.0.1:8080",
    screenshot: "only-on-failure",
    trace: "retain-on-failure",
    launchOptions: { executablePath: EXECUTABLE, args: FLAGS },
  },
});
