// What each kind of consumer does with the package: it creates a task, claims and
// completes its run, and finds all that again where the board is kept.

const BODY = `
async function program() {
  const board = await openBoard({ name: "work" });
  const ada = board.as({ kind: "human", ref: "ada" });
  const titles = () => ada.read.listTasks().map(({ title, status }) => title + " " + status);
  const found = titles();
  if (found.length === 0) {
    const task = await ada.createTask({ scope: "global", title: "Design" });
    await ada.enqueueRun({ task_id: task.id });
    const worker = board.as({ kind: "agent_session", ref: "s" });
    const { run, claim_token } = await worker.claimNextRun({ claimer_session_id: "s" });
    await worker.completeRunLease({ run_id: run.id, claim_token });
  }
  const refusal = await ada.getTask("none").catch((error) => error);
  const outcome = { found, now: titles(), refused: refusal instanceof TaskloomError };
  await board[Symbol.asyncDispose ?? Symbol.for("Symbol.asyncDispose")]();
  return outcome;
}
`;

/** The program as a module; `ready` prepares the engine. */
export function program({ from = "taskloom", ready = "" }) {
  const names = ready ? "initialize, openBoard, TaskloomError" : "openBoard, TaskloomError";
  return `import { ${names} } from "${from}";\n${ready}\n${BODY}`;
}

/** The same for CommonJS. */
export function commonProgram({ from = "taskloom", ready = "" }) {
  return `const { initialize, openBoard, TaskloomError } = require("${from}");\n${ready}\n${BODY}`;
}

/** What the program answers on a board that nobody used, and on one that it used. */
export const FIRST = { found: [], now: ["Design completed"], refused: true };
export const AGAIN = { ...FIRST, found: ["Design completed"] };
