// A site that serves the built npm package and an empty page, and browsers that can
// be killed.

import { spawn } from "node:child_process";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";

import { chromium } from "@playwright/test";

import { EXECUTABLE, FLAGS, serveFolder } from "../site.mjs";

export { launch } from "../site.mjs";

/** Serves the package; `onReport` hears what pages post to /report. */
export async function serve(onReport = () => {}) {
  const folder = process.env.TASKLOOM_PKG;
  if (!folder) {
    throw new Error("TASKLOOM_PKG is not set: run `cargo xtask test package`");
  }
  return serveFolder(folder, (request, response) => {
    if (request.url === "/report") {
      let body = "";
      request.on("data", (part) => (body += part));
      request.on("end", () => {
        onReport(body);
        response.end();
      });
      return true;
    }
    if (request.url === "/") {
      response.setHeader("content-type", "text/html").end("<!doctype html><title>Board</title>");
      return true;
    }
    if (request.url === "/empty.js") {
      response.setHeader("content-type", "text/javascript").end();
      return true;
    }
    return false;
  });
}

/** Where boards live: each gives what evaluates there, for a page of the site. */
export const PLACES = {
  "a window": async (page) => page,
  "a dedicated worker": async (page) => {
    const started = page.waitForEvent("worker");
    await page.evaluate(() => {
      window.worker = new Worker("/empty.js", { type: "module" });
    });
    return started;
  },
};

/** A folder for a browser's profile. */
export function profile() {
  const folder = mkdtempSync(join(tmpdir(), "taskloom-profile-"));
  return { folder, remove: () => rmSync(folder, { recursive: true, force: true, maxRetries: 5 }) };
}

/** How long a browser may take to answer, in milliseconds, and how often it is started. */
const ANSWER = 15_000;
const STARTS = 3;

/**
 * Has a browser process of our own on a profile work with a page of it, and kills the
 * process afterwards, whatever came of it. One that does not answer, as happens on a
 * busy machine, is killed and started again before it was given any work.
 */
export async function killAfter(folder, work) {
  for (let starts = 1; ; starts++) {
    const flags = [...FLAGS, "--headless=new", "--remote-debugging-port=0", `--user-data-dir=${folder}`];
    // A group of its own, so that no process of it outlives the browser.
    const child = spawn(EXECUTABLE, flags, { detached: true, stdio: ["ignore", "ignore", "pipe"] });
    const ended = new Promise((done) => child.once("exit", done));
    let browser;
    try {
      browser = await connect(child).catch((error) => {
        if (starts === STARTS) throw error;
      });
      if (browser) return await work(await browser.contexts()[0].newPage());
    } finally {
      child.kill("SIGKILL");
      await ended;
      killGroup(child.pid);
      await browser?.close().catch(() => {});
    }
  }
}

/** Speaks to a browser that was just started. */
async function connect(child) {
  const address = await new Promise((found, failed) => {
    let said = "";
    child.stderr.on("data", (part) => {
      said += part;
      const line = /DevTools listening on (ws:\S+)/.exec(said);
      if (line) found(line[1]);
    });
    child.once("exit", () => failed(new Error(`the browser did not start: ${said}`)));
  });
  return chromium.connectOverCDP(address, { timeout: ANSWER });
}

function killGroup(leader) {
  try {
    process.kill(-leader, "SIGKILL");
  } catch (error) {
    // All of them are gone already.
    if (error.code !== "ESRCH") throw error;
  }
}
