// A store that a program supplies.

/** A log in a Map, as short as it gets. */
export class MapStore {
  entries = new Map();
  snapshots = new Map();
  listeners = new Set();
  full = false;

  get head() {
    return Math.max(0, ...this.entries.keys());
  }

  read(after) {
    const newer = [...this.entries].filter(([version]) => version > after);
    return { head: this.head, entries: newer.map(([version, bytes]) => ({ version, bytes })) };
  }

  async append(expected, bytes) {
    if (this.full) throw Object.assign(new Error("the disk is full"), { code: "quota_exceeded" });
    if (this.head !== expected) return { conflict: this.head };
    this.entries.set(expected + 1, bytes);
    for (const listener of this.listeners) listener(expected + 1);
    return { appended: expected + 1 };
  }

  snapshot(atOrBefore) {
    const version = Math.max(0, ...[...this.snapshots.keys()].filter((it) => it <= atOrBefore));
    return version ? { version, bytes: this.snapshots.get(version) } : undefined;
  }

  putSnapshot(version, bytes) {
    this.snapshots.set(version, bytes);
  }

  prune(before) {
    for (const values of [this.entries, this.snapshots]) {
      const newest = Math.max(...values.keys());
      for (const version of values.keys()) {
        if (version < before && version !== newest) values.delete(version);
      }
    }
  }

  watch(onVersion) {
    this.listeners.add(onVersion);
    return () => this.listeners.delete(onVersion);
  }
}
