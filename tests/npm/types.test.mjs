// The package's types, as strict TypeScript programs see them.

import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { after, before, test } from "node:test";
import { fileURLToPath } from "node:url";

import { install } from "./project.mjs";

let project;

before(async () => {
  project = await install();
  project.copy("consumer.mts");
  project.copy("entries.mts");
  project.write("consumer.cts", readFileSync(project.path("consumer.mts"), "utf8"));
  project.write("consumer.ts", readFileSync(project.path("consumer.mts"), "utf8"));
});

after(() => project?.remove());

const STRICT = {
  strict: true,
  exactOptionalPropertyTypes: true,
  noUncheckedIndexedAccess: true,
  noUnusedLocals: true,
  skipLibCheck: false,
  noEmit: true,
  target: "es2022",
  lib: ["es2022", "dom"],
  types: [],
};

/** TypeScript 5, and the newest. */
const COMPILERS = ["typescript", "typescript-newest"];

/** A program that sees Node's types and not those of browsers. */
const NODE_ALONE = {
  module: "nodenext",
  lib: ["es2022"],
  types: ["node"],
  typeRoots: [fileURLToPath(new URL("../node_modules/@types", import.meta.url))],
};

for (const [what, file, options] of [
  ["an ES module in Node", "consumer.mts", { module: "nodenext" }],
  ["a CommonJS module in Node", "consumer.cts", { module: "node16" }],
  ["a program for a bundler", "consumer.ts", { module: "esnext", moduleResolution: "bundler" }],
  ["a program with Node's types alone", "entries.mts", NODE_ALONE],
  ["a program of every entry for a bundler", "entries.mts", { module: "esnext", moduleResolution: "bundler" }],
]) {
  for (const compiler of COMPILERS) {
    test(`${what} compiles with ${compiler}`, async () => {
      const compilerOptions = { ...STRICT, ...options };
      assert.equal(await project.typescript(compiler, { compilerOptions, files: [file] }), "");
    });
  }
}

test("the compilers are TypeScript 5 and a newer one", async () => {
  const [five, newest] = COMPILERS.map((name) => {
    const manifest = new URL(`../node_modules/${name}/package.json`, import.meta.url);
    return Number.parseInt(JSON.parse(readFileSync(manifest, "utf8")).version, 10);
  });
  assert.equal(five, 5);
  assert.ok(newest > five);
});

test("the declarations name every operation of the package, and no other", async () => {
  const { openBoard } = await project.import();
  const member = (await openBoard({ name: "names" })).as({ kind: "human", ref: "ada" });
  const methods = (object) =>
    Object.getOwnPropertyNames(Object.getPrototypeOf(object)).filter((it) => it !== "constructor");
  const declarations = readFileSync(project.path("node_modules/taskloom/index.d.ts"), "utf8");
  const declared = (name) => {
    const [, body] = declarations.match(new RegExp(`interface ${name}[^{]* \\{\n(.*?)^\\}`, "ms"));
    return [...body.matchAll(/^ {2}(\w+)\(/gm)].map(([, method]) => method);
  };
  assert.deepEqual(methods(member.read).sort(), declared("Reads").sort());
  const all = [...declared("Operations"), ...declared("Reads")];
  assert.deepEqual(methods(member).sort(), [...all, ...declared("BoardMember")].sort());
  const board = await openBoard({ name: "more names" });
  const inside = await board.transaction((transaction) =>
    methods(transaction.as({ kind: "human", ref: "ada" })),
  );
  assert.deepEqual(inside.sort(), all.filter((name) => name !== "drainScheduler").sort());
});
