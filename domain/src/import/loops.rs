//! Loops in a plan's dependencies, before anything is on the board.

/// The loops of a directed graph given by adjacency lists: one for every edge
/// that closes a path back onto itself in a depth-first walk. No loop is found
/// exactly when the graph has none. Iterative, so that long chains do not
/// exhaust the stack.
pub(crate) fn find_loops(edges: &[Vec<usize>]) -> Vec<Vec<usize>> {
    #[derive(Clone, Copy, PartialEq)]
    enum Visit {
        Never,
        OnPath,
        Done,
    }

    let mut visits = vec![Visit::Never; edges.len()];
    let mut loops = Vec::new();
    for root in 0..edges.len() {
        if visits[root] != Visit::Never {
            continue;
        }
        // Each node of the path with the number of its edges that were followed.
        let mut path = vec![(root, 0)];
        visits[root] = Visit::OnPath;
        while let Some((node, followed)) = path.last_mut() {
            let Some(&next) = edges[*node].get(*followed) else {
                visits[*node] = Visit::Done;
                path.pop();
                continue;
            };
            *followed += 1;
            match visits[next] {
                Visit::Never => {
                    visits[next] = Visit::OnPath;
                    path.push((next, 0));
                }
                Visit::OnPath => loops.push(
                    path.iter().map(|(node, _)| *node).skip_while(|node| *node != next).collect(),
                ),
                Visit::Done => {}
            }
        }
    }
    loops
}

#[cfg(test)]
mod tests {
    use super::find_loops;

    #[test]
    fn a_diamond_has_no_loop() {
        assert!(find_loops(&[vec![1, 2], vec![3], vec![3], vec![]]).is_empty());
    }

    #[test]
    fn a_loop_is_listed_in_the_order_of_its_edges() {
        assert_eq!(find_loops(&[vec![1], vec![2], vec![0]]), vec![vec![0, 1, 2]]);
    }

    #[test]
    fn what_leads_into_a_loop_is_not_part_of_it() {
        assert_eq!(find_loops(&[vec![1], vec![2], vec![1]]), vec![vec![1, 2]]);
    }

    #[test]
    fn each_closing_edge_is_found() {
        assert_eq!(find_loops(&[vec![1], vec![0, 2], vec![1]]).len(), 2);
    }

    #[test]
    fn a_chain_of_a_hundred_thousand_does_not_exhaust_the_stack() {
        let edges: Vec<Vec<usize>> =
            (1..=100_000).map(|next| if next < 100_000 { vec![next] } else { vec![] }).collect();
        assert!(find_loops(&edges).is_empty());
    }
}
