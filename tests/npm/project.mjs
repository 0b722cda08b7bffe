// An empty project with the packed package installed, as a user has it.

import assert from "node:assert/strict";
import { execFile } from "node:child_process";
import { cpSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { after } from "node:test";
import { fileURLToPath, pathToFileURL } from "node:url";
import { promisify } from "node:util";

const run = promisify(execFile);
const tarball = process.env.TASKLOOM_TARBALL;

/** A project of its own; `remove` it in the end. */
export async function install() {
  if (!tarball) {
    throw new Error("TASKLOOM_TARBALL is not set: run `cargo xtask test package`");
  }
  const project = new Project(mkdtempSync(join(tmpdir(), "taskloom-npm-")));
  project.write("package.json", JSON.stringify({ name: "consumer", private: true }));
  await run("npm", ["install", "--no-audit", "--no-fund", "--offline", tarball], {
    cwd: project.folder,
  });
  return project;
}

/**
 * The package for all tests of a file: its exports, the project that has it
 * installed, and `refused`, which checks a failure by its code and path and answers
 * the error.
 */
export async function installed() {
  const project = await install();
  after(() => project.remove());
  const taskloom = await project.import();
  const refused = async (work, code, path) => {
    const error = await Promise.resolve().then(work).then(
      () => assert.fail(`no ${code}`),
      (error) => error,
    );
    assert.ok(error instanceof taskloom.TaskloomError, String(error));
    assert.ok(error instanceof Error);
    assert.equal(error.name, "TaskloomError");
    assert.deepEqual([error.code, error.path], [code, path], error.message);
    return error;
  };
  return { project, taskloom, refused };
}

/** A person who owns the boards of tests. */
export const ADA = { kind: "human", ref: "ada" };

class Project {
  constructor(folder) {
    this.folder = folder;
  }

  /** Another project in an empty folder, with the same package installed. */
  another() {
    const project = new Project(mkdtempSync(join(tmpdir(), "taskloom-npm-")));
    for (const name of ["package.json", "node_modules"]) {
      cpSync(this.path(name), project.path(name), { recursive: true, verbatimSymlinks: true });
    }
    return project;
  }

  path(name) {
    return join(this.folder, name);
  }

  write(name, text) {
    mkdirSync(dirname(this.path(name)), { recursive: true });
    writeFileSync(this.path(name), text);
  }

  /** Copies a file from beside this one. */
  copy(name) {
    this.write(name, readFileSync(new URL(name, import.meta.url), "utf8"));
  }

  /** What a script prints. */
  async node(name, ...flags) {
    const { stdout, stderr } = await this.both(name, ...flags);
    return stdout + stderr;
  }

  /** What a script prints, apart by where. */
  both(name, ...flags) {
    const options = { cwd: this.folder, maxBuffer: 2 ** 24 };
    return run(process.execPath, [...flags, name], options);
  }

  /** The package, as an ES module of this project imports it. */
  async import() {
    this.write("entry.mjs", 'export * from "taskloom";');
    return import(pathToFileURL(this.path("entry.mjs")));
  }

  /** The complaints of a compiler about the project, if any. */
  async typescript(compilerName, options) {
    const path = `../node_modules/${compilerName}/bin/tsc`;
    const compiler = fileURLToPath(new URL(path, import.meta.url));
    this.write("tsconfig.json", JSON.stringify(options));
    try {
      await run(process.execPath, [compiler, "--project", "tsconfig.json"], { cwd: this.folder });
      return "";
    } catch (error) {
      return error.stdout || String(error);
    }
  }

  remove() {
    rmSync(this.folder, { recursive: true, force: true });
  }
}
