//! Where a task lives: on the whole board, or in one workspace.

use crate::enumeration::{Given, enumeration};
use crate::error::{ErrorKind, Result, TaskError};
use crate::id::WorkspaceId;
use crate::rule::join;

enumeration! {
    /// Where a task lives.
    pub enum Scope: listed {
        /// On the whole board.
        Global = "global",
        /// In one workspace.
        Workspace = "workspace",
    }
}

/// Checks that a scope is known and fits the workspace id beside it, and answers
/// the scope.
///
/// # Errors
///
/// `validation` at `<path>.scope` for a blank or unknown scope,
/// `invalid_scope_binding` at `<path>.workspace_id` for a global scope with a
/// workspace or a workspace scope without one.
pub fn validate_scope_binding(
    scope: &Given<Scope>,
    workspace: Option<&WorkspaceId>,
    path: &str,
) -> Result<Scope> {
    let scope = scope.require(&join(path, "scope"))?;
    bind(scope, workspace, path)?;
    Ok(scope)
}

pub(super) fn bind(scope: Scope, workspace: Option<&WorkspaceId>, path: &str) -> Result<()> {
    let named = workspace.is_some_and(|id| !id.is_blank());
    let rest = match (scope, named) {
        (Scope::Global, true) => "must be empty when",
        (Scope::Workspace, false) => "is required when",
        (Scope::Global, false) | (Scope::Workspace, true) => return Ok(()),
    };
    let field = join(path, "workspace_id");
    let detail = format!("{field} {rest} {} is \"{scope}\"", join(path, "scope"));
    Err(TaskError::at(ErrorKind::InvalidScopeBinding, field, detail))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::enumeration::tests::assert_values;

    #[test]
    fn scopes_are_the_agreed_ones() {
        assert_values::<Scope>(&["global", "workspace"]);
    }

    #[test]
    fn scope_and_workspace_have_to_fit() {
        let check = |scope: &str, workspace: &str| {
            let workspace = WorkspaceId::new(workspace);
            validate_scope_binding(&scope.into(), Some(&workspace), "p")
                .map_err(|error| (error.kind(), error.detail().to_owned()))
        };
        let binding = ErrorKind::InvalidScopeBinding;
        assert_eq!(check("global", ""), Ok(Scope::Global));
        assert_eq!(check(" Workspace ", "ws-1"), Ok(Scope::Workspace));
        assert_eq!(
            check("global", "ws-1"),
            Err((binding, r#"p.workspace_id must be empty when p.scope is "global""#.to_owned()))
        );
        for blank in ["", "  "] {
            let text = r#"p.workspace_id is required when p.scope is "workspace""#;
            assert_eq!(check("workspace", blank), Err((binding, text.to_owned())));
        }
        let text = r#"p.scope must be "global" or "workspace": "tenant""#;
        assert_eq!(check("tenant", ""), Err((ErrorKind::Validation, text.to_owned())));
        assert_eq!(check("", ""), Err((ErrorKind::Validation, "p.scope is required".to_owned())));
        assert!(validate_scope_binding(&Scope::Workspace.into(), None, "p").is_err());
    }
}
