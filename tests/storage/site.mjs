// A site that serves the built npm package and an empty page, and browsers to
// visit it with.

import { spawn } from "node:child_process";
import { createReadStream, existsSync, mkdtempSync, rmSync, statSync } from "node:fs";
import { createServer } from "node:http";
import { tmpdir } from "node:os";
import { extname, join, normalize } from "node:path";

import { chromium } from "@playwright/test";

const TYPES = { ".js": "text/javascript", ".wasm": "application/wasm" };
const EXECUTABLE = process.env.TASKLOOM_CHROMIUM ?? "/usr/bin/chromium";
const FLAGS = [
  "--no-sandbox",
  "--disable-gpu",
  "--disable-quic",
  "--no-first-run",
  "--disable-background-networking",
  "--disable-component-update",
  "--disable-sync",
];

/** Serves the package; `onReport` hears what pages post to /report. */
export async function serve(onReport = () => {}) {
  const folder = process.env.TASKLOOM_PKG;
  if (!folder) {
    throw new Error("TASKLOOM_PKG is not set: run `cargo xtask test package`");
  }
  const server = createServer((request, response) => {
    const { pathname } = new URL(request.url, "http://localhost");
    if (pathname === "/report") {
      let body = "";
      request.on("data", (part) => (body += part));
      request.on("end", () => {
        onReport(body);
        response.end();
      });
      return;
    }
    if (pathname === "/") {
      response.setHeader("content-type", "text/html").end("<!doctype html><title>Board</title>");
      return;
    }
    const path = join(folder, normalize(pathname));
    if (!existsSync(path) || !statSync(path).isFile()) {
      response.writeHead(404).end();
      return;
    }
    response.setHeader("content-type", TYPES[extname(path)] ?? "text/plain");
    createReadStream(path).pipe(response);
  });
  await new Promise((listening) => server.listen(0, "127.0.0.1", listening));
  return { url: `http://127.0.0.1:${server.address().port}/`, close: () => server.close() };
}

/** A browser whose profile is thrown away. */
export const launch = () => chromium.launch({ executablePath: EXECUTABLE, args: FLAGS });

/** A folder for a browser's profile. */
export function profile() {
  const folder = mkdtempSync(join(tmpdir(), "taskloom-profile-"));
  return { folder, remove: () => rmSync(folder, { recursive: true, force: true, maxRetries: 5 }) };
}

/** A browser process of our own on a profile, which can be killed. */
export async function start(folder) {
  const flags = [...FLAGS, "--headless=new", "--remote-debugging-port=0", `--user-data-dir=${folder}`];
  const child = spawn(EXECUTABLE, flags, { stdio: ["ignore", "ignore", "pipe"] });
  const ended = new Promise((done) => child.once("exit", done));
  const address = await new Promise((found, failed) => {
    let said = "";
    child.stderr.on("data", (part) => {
      said += part;
      const line = /DevTools listening on (ws:\S+)/.exec(said);
      if (line) found(line[1]);
    });
    child.once("exit", () => failed(new Error(`the browser did not start: ${said}`)));
  });
  const browser = await chromium.connectOverCDP(address);
  return {
    page: () => browser.contexts()[0].newPage(),
    kill: async () => {
      process.kill(child.pid, "SIGKILL");
      await ended;
      await browser.close().catch(() => {});
    },
  };
}
