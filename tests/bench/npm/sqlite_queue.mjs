// The same work on SQLite in memory, as a program would write it without the
// package: tasks, runs and an audit log in tables, each operation one transaction,
// leases held by the hash of a secret token.

import { createHash, randomBytes, randomUUID } from "node:crypto";

import Database from "better-sqlite3";

const SCHEMA = `
  create table task (id text primary key, title text not null, status text not null,
    latest_sequence integer not null default 0);
  create table dependency (task_id text, depends_on text, primary key (task_id, depends_on));
  create index dependent on dependency (depends_on);
  create table run (id text primary key, task_id text not null references task, status text not null,
    priority integer not null, queued_at integer not null, attempt integer not null default 1,
    claimed_by text, token_hash text, lease_until integer, heartbeat_at integer,
    ended_at integer, result text);
  create index queued on run (priority desc, queued_at, id) where status = 'queued';
  create index claimed on run (claimed_by) where status = 'claimed';
  create table event (sequence integer primary key, task_id text not null, run_id text,
    type text not null, actor text not null, at integer not null, payload text not null);
  create index event_of on event (task_id, sequence);
`;

export class SqliteQueue {
  #db = new Database(":memory:");
  #sql;

  constructor() {
    this.#db.exec(SCHEMA);
    const sql = (text) => this.#db.prepare(text);
    this.#sql = {
      addTask: sql("insert into task (id, title, status) values (?, ?, 'ready')"),
      addRun: sql("insert into run (id, task_id, status, priority, queued_at) values (?, ?, 'queued', 1, ?)"),
      held: sql("select 1 from run where claimed_by = ? and status = 'claimed'"),
      next: sql("select * from run where status = 'queued' order by priority desc, queued_at, id limit 1"),
      claim: sql(`update run set status = 'claimed', claimed_by = ?, token_hash = ?, lease_until = ?,
        heartbeat_at = ? where id = ? and status = 'queued'`),
      run: sql("select * from run where id = ?"),
      task: sql("select * from task where id = ?"),
      beat: sql("update run set lease_until = ?, heartbeat_at = ? where id = ?"),
      complete: sql(`update run set status = 'completed', token_hash = null, lease_until = null,
        ended_at = ?, result = ? where id = ?`),
      setTask: sql("update task set status = ?, latest_sequence = ? where id = ?"),
      waiting: sql(`select d.task_id from dependency d where d.depends_on = ? and not exists (
        select 1 from dependency o join task t on t.id = o.depends_on
        where o.task_id = d.task_id and t.status <> 'completed')`),
      event: sql("insert into event (task_id, run_id, type, actor, at, payload) values (?, ?, ?, ?, ?, ?)"),
    };
    for (const name of ["create", "claim", "heartbeat", "complete"]) {
      this[name] = this.#db.transaction(this[name].bind(this)).immediate;
    }
  }

  create(title) {
    const task = `task-${randomUUID()}`;
    this.#sql.addTask.run(task, title);
    this.#sql.addRun.run(`run-${randomUUID()}`, task, Date.now());
  }

  claim(session, lease) {
    if (this.#sql.held.get(session)) {
      throw new Error("the session holds a lease");
    }
    const run = this.#sql.next.get();
    if (!run) {
      throw new Error("nothing to claim");
    }
    const now = Date.now();
    const token = `claim_${randomBytes(32).toString("hex")}`;
    this.#sql.claim.run(session, hashOf(token), now + lease, now, run.id);
    this.#note(run, "in_progress", "run_claimed", session, now, { lease_until: now + lease });
    return { task: this.#sql.task.get(run.task_id), run: this.#sql.run.get(run.id), token };
  }

  heartbeat(id, token, lease) {
    const now = Date.now();
    const run = this.#leased(id, token, now);
    this.#sql.beat.run(now + lease, now, id);
    this.#note(run, "in_progress", "run_heartbeat", run.claimed_by, now, { lease_until: now + lease });
    return this.#sql.run.get(id);
  }

  complete(id, token, result) {
    const now = Date.now();
    const run = this.#leased(id, token, now);
    this.#sql.complete.run(now, JSON.stringify(result), id);
    this.#note(run, "completed", "run_completed", run.claimed_by, now, { result });
    for (const { task_id } of this.#sql.waiting.all(run.task_id)) {
      this.#note({ id: null, task_id }, "ready", "task_ready", run.claimed_by, now, {});
    }
    return this.#sql.run.get(id);
  }

  close() {
    this.#db.close();
  }

  #leased(id, token, now) {
    const run = this.#sql.run.get(id);
    if (run?.status !== "claimed" || run.token_hash !== hashOf(token) || run.lease_until < now) {
      throw new Error("the lease is not held");
    }
    return run;
  }

  #note(run, status, type, actor, now, payload) {
    const { lastInsertRowid } = this.#sql.event.run(
      run.task_id, run.id, type, actor, now, JSON.stringify(payload),
    );
    this.#sql.setTask.run(status, lastInsertRowid, run.task_id);
  }
}

const hashOf = (token) => createHash("sha256").update(token).digest("hex");
