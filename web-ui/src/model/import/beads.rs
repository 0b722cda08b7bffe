//! Beads JSONL: one issue per line.
//!
//! Statuses cannot be set, so "done" is stored as completed with its time, work
//! in progress becomes ready with a label (nobody holds a lease on it here), and
//! deferred work becomes a draft. Fields without a place of their own are kept in
//! `metadata.source.fields`, so that nothing is lost.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::{Map, Value, json};
use taskloom_domain::actor::{OwnerKind, OwnerSpec};
use taskloom_domain::import::{ImportPlan, ImportStatus, ImportTarget, ImportTask};
use taskloom_domain::{CreateTask, Priority, RawJson, Scope, Timestamp};

use super::report::key_of;
use super::{Context, LineReport, Mapping, Note, Outcome, Reference, Refusal, Skip};

/// The name of the format in `metadata.source.format`.
pub const FORMAT: &str = "beads";

/// Fields that have a place of their own. What is not here goes to the source
/// fields.
const MAPPED: [&str; 23] = [
    "_type",
    "acceptance_criteria",
    "assignee",
    "close_reason",
    "closed_at",
    "comments",
    "created_at",
    "defer_until",
    "dependencies",
    "description",
    "design",
    "due_at",
    "estimated_minutes",
    "external_ref",
    "id",
    "issue_type",
    "labels",
    "notes",
    "parent",
    "priority",
    "status",
    "title",
    "updated_at",
];

/// One line, read but not yet judged.
struct Record {
    line: usize,
    fields: Map<String, Value>,
}

/// Maps a file. Always answers: what cannot be read is a refused line.
pub fn map(text: &str, context: &Context) -> Mapping {
    let mut lines = Vec::new();
    let mut records = Vec::new();
    for (index, raw) in text.lines().enumerate() {
        let raw = raw.trim_start_matches('\u{feff}').trim();
        if raw.is_empty() {
            continue;
        }
        let line = index + 1;
        match read(raw) {
            Ok(fields) => records.push(Record { line, fields }),
            Err(refusal) => lines.push(LineReport {
                line,
                id: String::new(),
                title: String::new(),
                outcome: if context.choices.excluded_lines.contains(&line) {
                    Outcome::Skipped(Skip::Excluded)
                } else {
                    Outcome::Refused(refusal)
                },
                notes: Vec::new(),
            }),
        }
    }

    let fates = fates(&records, context);
    let mut plan = ImportPlan::default();
    for record in &records {
        let (report, task) = record.settle(&fates, context);
        lines.push(report);
        plan.tasks.extend(task);
    }
    lines.sort_by_key(|report| report.line);
    Mapping { plan, lines }
}

fn read(raw: &str) -> Result<Map<String, Value>, Refusal> {
    match serde_json::from_str(raw) {
        Ok(Value::Object(fields)) => Ok(fields),
        Ok(_) => Err(Refusal::NotAnObject),
        Err(error) => Err(Refusal::NotJson(located(&error))),
    }
}

/// The parser's words. Each line is read on its own, so the place is a column.
fn located(error: &serde_json::Error) -> String {
    let text = error.to_string();
    let what = text.split(" at line ").next().unwrap_or_default();
    format!("{what}, at character {}", error.column())
}

/// Where a reference to a source id leads.
#[derive(Clone)]
enum Fate {
    Planned,
    Existing(ImportTarget),
    LeftOut,
}

/// What becomes of each record that has an id, and of those that end early.
struct Fates {
    by_id: BTreeMap<String, Fate>,
    by_line: BTreeMap<usize, Outcome>,
}

fn fates(records: &[Record], context: &Context) -> Fates {
    let mut first_lines: BTreeMap<&str, usize> = BTreeMap::new();
    let mut fates = Fates { by_id: BTreeMap::new(), by_line: BTreeMap::new() };
    for record in records {
        let id = record.id();
        let early = record.early_end(&first_lines, context);
        if early == Some(Outcome::Skipped(Skip::Excluded)) {
            // Its id is free for a later line.
            fates.by_id.entry(id.to_owned()).or_insert(Fate::LeftOut);
        } else if !id.is_empty() && !first_lines.contains_key(id) {
            first_lines.insert(id, record.line);
            let fate = match &early {
                None => Fate::Planned,
                Some(Outcome::Skipped(Skip::AlreadyImported(task))) => {
                    Fate::Existing(ImportTarget::Existing(task.clone()))
                }
                Some(_) => Fate::LeftOut,
            };
            fates.by_id.insert(id.to_owned(), fate);
        }
        if let Some(outcome) = early {
            fates.by_line.insert(record.line, outcome);
        }
    }
    fates
}

impl Record {
    fn id(&self) -> &str {
        self.text("id").unwrap_or_default()
    }

    /// A text field, trimmed; `None` where it is absent, blank or no text.
    fn text(&self, field: &str) -> Option<&str> {
        self.fields
            .get(field)
            .and_then(Value::as_str)
            .map(str::trim)
            .filter(|text| !text.is_empty())
    }

    /// How the record ends if it does not become a task.
    fn early_end(&self, first_lines: &BTreeMap<&str, usize>, context: &Context) -> Option<Outcome> {
        if context.choices.excluded_lines.contains(&self.line) {
            return Some(Outcome::Skipped(Skip::Excluded));
        }
        match self.text("_type") {
            None | Some("issue") => {}
            Some("memory") => return Some(Outcome::Skipped(Skip::Memory)),
            Some(other) => return Some(Outcome::Refused(Refusal::UnknownType(other.to_owned()))),
        }
        if self.text("status") == Some("tombstone") {
            return Some(Outcome::Skipped(Skip::Tombstone));
        }
        if let Some(first) = first_lines.get(self.id()) {
            return Some(Outcome::Refused(Refusal::DuplicateId(*first)));
        }
        if let Some(task) = context.existing.get(self.id()) {
            return Some(Outcome::Skipped(Skip::AlreadyImported(task.clone())));
        }
        self.text("title").is_none().then_some(Outcome::Refused(Refusal::TitleMissing))
    }

    fn settle(&self, fates: &Fates, context: &Context) -> (LineReport, Option<ImportTask>) {
        let mut report = LineReport {
            line: self.line,
            id: self.id().to_owned(),
            title: self.text("title").unwrap_or_default().to_owned(),
            outcome: Outcome::Task,
            notes: Vec::new(),
        };
        if let Some(outcome) = fates.by_line.get(&self.line) {
            report.outcome = outcome.clone();
            return (report, None);
        }
        let task = self.task(&mut report, fates, context);
        (report, Some(task))
    }

    fn task(&self, report: &mut LineReport, fates: &Fates, context: &Context) -> ImportTask {
        let mut kept = self.unmapped();
        let references = self.references(fates, context, &mut report.notes, &mut kept);
        if let Some((id, _)) = &references.parent {
            report.outcome = Outcome::Child(id.clone());
        }
        let (status, label) = self.status(&mut report.notes);
        let mut labels = self.labels();
        labels.extend(label.map(str::to_owned));
        let times = ["created_at", "updated_at", "closed_at"]
            .map(|field| self.instant(field, &mut report.notes, &mut kept));
        let priority = self.priority(&mut report.notes, &mut kept);
        if !kept.is_empty() {
            report.notes.push(Note::KeptFields(kept.len()));
        }

        ImportTask {
            key: key_of(self.id(), self.line),
            task: CreateTask {
                identifier: self.id().to_owned(),
                scope: Scope::Global.into(),
                title: self.text("title").unwrap_or_default().to_owned(),
                description: self.description(),
                priority: priority.into(),
                owner: self.owner(),
                metadata: self.metadata(labels, kept, context),
                ..CreateTask::default()
            },
            parent: references.parent.map(|(_, target)| target),
            blockers: references.blockers,
            status,
            created_at: times[0],
            updated_at: times[1],
            closed_at: times[2],
        }
    }

    fn status(&self, notes: &mut Vec<Note>) -> (ImportStatus, Option<&'static str>) {
        let source = self.text("status").unwrap_or("open");
        let mut changed = |to| notes.push(Note::StatusChanged(source.to_owned(), to));
        match source {
            "closed" => (ImportStatus::Completed, None),
            "open" | "blocked" => (ImportStatus::Ready, None),
            "in_progress" | "hooked" => {
                changed("ready, labelled was-in-progress");
                (ImportStatus::Ready, Some("was-in-progress"))
            }
            "pinned" => {
                changed("ready, labelled pinned");
                (ImportStatus::Ready, Some("pinned"))
            }
            "deferred" => {
                changed("draft");
                (ImportStatus::Draft, None)
            }
            _ => {
                changed("ready");
                (ImportStatus::Ready, None)
            }
        }
    }

    fn priority(&self, notes: &mut Vec<Note>, kept: &mut Map<String, Value>) -> Priority {
        let Some(value) = self.fields.get("priority") else { return Priority::Medium };
        match value.as_i64() {
            Some(0) => Priority::Urgent,
            Some(1) => Priority::High,
            Some(2) => Priority::Medium,
            Some(3 | 4) => Priority::Low,
            _ => {
                notes.push(Note::Unreadable("priority"));
                kept.insert("priority".into(), value.clone());
                Priority::Medium
            }
        }
    }

    fn owner(&self) -> Option<OwnerSpec> {
        let reference = self.text("assignee").or_else(|| self.text("owner"))?.to_owned();
        Some(OwnerSpec { kind: OwnerKind::Human.into(), reference })
    }

    fn labels(&self) -> BTreeSet<String> {
        let listed = self.fields.get("labels").and_then(Value::as_array);
        let mut labels: BTreeSet<String> = listed
            .into_iter()
            .flatten()
            .filter_map(Value::as_str)
            .map(str::trim)
            .filter(|label| !label.is_empty())
            .map(str::to_owned)
            .collect();
        labels.extend(self.text("issue_type").map(|kind| format!("type:{kind}")));
        labels
    }

    /// The description, with the texts that have no place of their own as headed
    /// sections below it.
    fn description(&self) -> String {
        const SECTIONS: [(&str, &str); 4] = [
            ("design", "Design"),
            ("acceptance_criteria", "Acceptance criteria"),
            ("notes", "Notes"),
            ("close_reason", "Close reason"),
        ];
        let mut parts: Vec<String> =
            self.text("description").map(str::to_owned).into_iter().collect();
        for (field, heading) in SECTIONS {
            parts.extend(self.text(field).map(|text| format!("## {heading}\n\n{text}")));
        }
        let comments: Vec<String> = self
            .fields
            .get("comments")
            .and_then(Value::as_array)
            .into_iter()
            .flatten()
            .filter_map(comment)
            .collect();
        if !comments.is_empty() {
            parts.push(format!("## Comments\n\n{}", comments.join("\n\n")));
        }
        parts.join("\n\n")
    }

    fn instant(
        &self,
        field: &'static str,
        notes: &mut Vec<Note>,
        kept: &mut Map<String, Value>,
    ) -> Option<Timestamp> {
        let value = self.fields.get(field).filter(|value| !value.is_null())?;
        let parsed = value.as_str().and_then(|text| Timestamp::parse_rfc3339(text).ok());
        if parsed.is_none() {
            notes.push(Note::Unreadable(field));
            kept.insert(field.into(), value.clone());
        }
        parsed
    }

    fn unmapped(&self) -> Map<String, Value> {
        let owner_is_used = self.text("assignee").is_none();
        self.fields
            .iter()
            .filter(|(field, _)| match field.as_str() {
                "owner" => !owner_is_used,
                field => !MAPPED.contains(&field),
            })
            .map(|(field, value)| (field.clone(), value.clone()))
            .collect()
    }

    fn metadata(
        &self,
        labels: BTreeSet<String>,
        kept: Map<String, Value>,
        context: &Context,
    ) -> Option<RawJson> {
        let mut source = Map::new();
        source.insert("format".into(), json!(FORMAT));
        source.insert("id".into(), json!(self.id()));
        if let Some(status) = self.text("status") {
            source.insert("status".into(), json!(status));
        }
        source.insert("imported_at".into(), json!(context.now));
        if !kept.is_empty() {
            source.insert("fields".into(), Value::Object(kept));
        }
        let mut metadata = Map::new();
        if !labels.is_empty() {
            metadata.insert("labels".into(), json!(labels));
        }
        for (field, key) in [
            ("due_at", "due_at"),
            ("defer_until", "defer_until"),
            ("estimated_minutes", "estimate_minutes"),
        ] {
            if let Some(value) = self.fields.get(field).filter(|value| !value.is_null()) {
                metadata.insert(key.into(), value.clone());
            }
        }
        if let Some(link) = self.text("external_ref") {
            metadata.insert("links".into(), json!([{ "title": link, "url": link }]));
        }
        metadata.insert("source".into(), Value::Object(source));
        RawJson::from_value(&metadata).ok()
    }

    fn references(
        &self,
        fates: &Fates,
        context: &Context,
        notes: &mut Vec<Note>,
        kept: &mut Map<String, Value>,
    ) -> References {
        let leads = Leads { fates, context };
        let mut references = References::default();
        let mut others = Vec::new();
        let edges = self.fields.get("dependencies").and_then(Value::as_array);
        for edge in edges.into_iter().flatten() {
            let text = |field: &str| edge.get(field).and_then(Value::as_str).unwrap_or_default();
            let target = text("depends_on_id").trim();
            match text("type") {
                "parent-child" => {
                    let chosen = self.text("parent");
                    let fits = chosen.is_none_or(|parent| parent == target);
                    if !fits || references.parent.is_some() {
                        notes.push(if leads.knows(target) {
                            Note::FurtherParent(target.to_owned())
                        } else {
                            Note::UnknownReference(Reference::Parent, target.to_owned())
                        });
                        others.push(edge.clone());
                    } else if let Some(found) = leads.find(Reference::Parent, target, notes) {
                        references.parent = Some((target.to_owned(), found));
                    } else {
                        others.push(edge.clone());
                    }
                }
                "blocks" | "conditional-blocks" | "waits-for" => {
                    let edge_ids = (self.id().to_owned(), target.to_owned());
                    if context.choices.dropped_edges.contains(&edge_ids) {
                        notes.push(Note::DroppedEdge(target.to_owned()));
                        others.push(edge.clone());
                    } else if let Some(found) = leads.find(Reference::Blocker, target, notes) {
                        if !references.blockers.contains(&found) {
                            references.blockers.push(found);
                        }
                    } else {
                        others.push(edge.clone());
                    }
                }
                _ => {
                    if !leads.knows(target) {
                        notes.push(Note::UnknownReference(Reference::Other, target.to_owned()));
                    }
                    others.push(edge.clone());
                }
            }
        }
        if references.parent.is_none()
            && let Some(parent) = self.text("parent")
            && !others.iter().any(|edge| edge.get("depends_on_id") == Some(&json!(parent)))
        {
            let found = leads.find(Reference::Parent, parent, notes);
            references.parent = found.map(|found| (parent.to_owned(), found));
        }
        if !others.is_empty() {
            kept.insert("dependencies".into(), Value::Array(others));
        }
        references
    }
}

/// What a record refers to, as far as it is there.
#[derive(Default)]
struct References {
    parent: Option<(String, ImportTarget)>,
    blockers: Vec<ImportTarget>,
}

/// Where references lead: into the file, or else to what came before it.
struct Leads<'a> {
    fates: &'a Fates,
    context: &'a Context,
}

impl Leads<'_> {
    fn knows(&self, id: &str) -> bool {
        self.fates.by_id.contains_key(id) || self.context.existing.contains_key(id)
    }

    /// The target of a reference; a note where it leads nowhere.
    fn find(&self, kind: Reference, id: &str, notes: &mut Vec<Note>) -> Option<ImportTarget> {
        match (self.fates.by_id.get(id), self.context.existing.get(id)) {
            (Some(Fate::Planned), _) => Some(ImportTarget::Planned(id.to_owned())),
            (Some(Fate::Existing(target)), _) => Some(target.clone()),
            (Some(Fate::LeftOut), _) => {
                notes.push(Note::LeftOutReference(kind, id.to_owned()));
                None
            }
            (None, Some(task)) => Some(ImportTarget::Existing(task.clone())),
            (None, None) => {
                notes.push(Note::UnknownReference(kind, id.to_owned()));
                None
            }
        }
    }
}

fn comment(value: &Value) -> Option<String> {
    let text = |field: &str| value.get(field).and_then(Value::as_str).map(str::trim);
    let body = text("text").filter(|body| !body.is_empty())?;
    let head: Vec<&str> = [text("author"), text("created_at")]
        .into_iter()
        .flatten()
        .filter(|part| !part.is_empty())
        .collect();
    Some(if head.is_empty() { body.to_owned() } else { format!("{}:\n{body}", head.join(", ")) })
}

#[cfg(test)]
mod tests;
