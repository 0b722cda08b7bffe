// A server for the built app: its files, to this machine only.

import { readFile } from "node:fs/promises";
import { createServer, request } from "node:http";
import { extname } from "node:path";

const APP = new URL("app/", import.meta.url);

/** What an answer of this server carries, so that another one is told apart. */
const MARK = "x-taskloom-app";

/** Starts serving on a port, and answers with the address. */
export async function serveApp(port) {
  const server = createServer((asked, response) => {
    answer(asked, response).catch((error) => {
      response.writeHead(500).end(`${error.message}\n`);
    });
  });
  await new Promise((listening, failed) => {
    server.once("error", failed);
    server.listen(port, "127.0.0.1", listening);
  });
  return `http://127.0.0.1:${server.address().port}/`;
}

/** Whether such a server answers at an address. */
export function isServedAt(address) {
  return new Promise((decided) => {
    const asked = request(address, { method: "HEAD", timeout: PATIENCE }, (response) => {
      response.resume();
      decided(MARK in response.headers);
    });
    asked.on("timeout", () => asked.destroy());
    asked.on("error", () => decided(false));
    asked.end();
  });
}

/** Milliseconds that another program has for its answer. */
const PATIENCE = 2000;

async function answer(asked, response) {
  response.setHeader(MARK, "1");
  response.setHeader("x-content-type-options", "nosniff");
  if (asked.method !== "GET" && asked.method !== "HEAD") {
    response.writeHead(405, { allow: "GET, HEAD" }).end();
    return;
  }
  const found = await find(asked);
  if (found === undefined) {
    response.writeHead(404).end();
    return;
  }
  response.writeHead(200, {
    "content-type": TYPES[extname(found.name)] ?? "application/octet-stream",
    "cache-control": NAMED_BY_CONTENT.test(found.name) ? KEPT : "no-cache",
    "content-length": found.content.length,
  });
  response.end(asked.method === "HEAD" ? undefined : found.content);
}

/**
 * The file that a request asks for. The app has pages of its own, so a person who
 * asks for anything else gets the app.
 */
async function find(asked) {
  const name = nameOf(asked.url);
  const content = name && (await contentOf(name));
  if (content) {
    return { name, content };
  }
  if (name === "" || asked.headers.accept?.includes("text/html")) {
    return { name: PAGE, content: await readFile(new URL(PAGE, APP)) };
  }
  return undefined;
}

const PAGE = "index.html";

/** The file's name below the app's folder; none where it would lead out of it. */
function nameOf(address) {
  try {
    const segments = decodeURIComponent(address.split("?")[0]).split("/").filter(Boolean);
    const proper = segments.every((segment) => !/^\.\.?$|[\\:\0]/.test(segment));
    return proper ? segments.join("/") : undefined;
  } catch {
    return undefined;
  }
}

async function contentOf(name) {
  try {
    return await readFile(new URL(name.split("/").map(encodeURIComponent).join("/"), APP));
  } catch (error) {
    if (["ENOENT", "EISDIR", "ENOTDIR"].includes(error.code)) {
      return undefined;
    }
    throw error;
  }
}

const TYPES = {
  ".css": "text/css; charset=utf-8",
  ".html": "text/html; charset=utf-8",
  ".ico": "image/x-icon",
  ".js": "text/javascript; charset=utf-8",
  ".json": "application/json",
  ".png": "image/png",
  ".svg": "image/svg+xml",
  ".wasm": "application/wasm",
  ".webmanifest": "application/manifest+json",
  ".woff2": "font/woff2",
};

/** Files named after their content never change: the browser may keep them. */
const NAMED_BY_CONTENT = /[-_.][0-9a-f]{8,}([-_.]|$)/;
const KEPT = "public, max-age=31536000, immutable";
