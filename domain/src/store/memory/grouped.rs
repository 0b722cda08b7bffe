//! Members of many groups in one ordered set.

use std::collections::BTreeSet;

/// The members of each group, in order. One tree for all groups, since most
/// groups have a single member and a tree for each would cost more than it
/// holds.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Grouped<K, T>(BTreeSet<(K, Place<T>)>);

/// A place within a group; the two ends bound the range of the group.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
enum Place<T> {
    Start,
    At(T),
    End,
}

impl<K, T> Default for Grouped<K, T> {
    fn default() -> Self {
        Self(BTreeSet::new())
    }
}

impl<K: Ord + Clone, T: Ord> Grouped<K, T> {
    pub(super) fn insert(&mut self, group: K, member: T) {
        self.0.insert((group, Place::At(member)));
    }

    pub(super) fn remove(&mut self, group: K, member: T) {
        self.0.remove(&(group, Place::At(member)));
    }

    pub(super) fn members(&self, group: &K) -> impl DoubleEndedIterator<Item = &T> {
        let ends = (group.clone(), Place::Start)..(group.clone(), Place::End);
        self.0.range(ends).filter_map(|(_, place)| match place {
            Place::At(member) => Some(member),
            Place::Start | Place::End => None,
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn groups_keep_their_own_members_in_order() {
        let mut grouped = Grouped::default();
        for (group, member) in [("b", 2), ("a", 9), ("b", 1), ("b", 3), ("c", 0)] {
            grouped.insert(group, member);
        }
        grouped.remove("b", 2);
        grouped.remove("a", 1);
        assert_eq!(grouped.members(&"b").collect::<Vec<_>>(), [&1, &3]);
        assert_eq!(grouped.members(&"b").rev().collect::<Vec<_>>(), [&3, &1]);
        assert_eq!(grouped.members(&"a").collect::<Vec<_>>(), [&9]);
        assert_eq!(grouped.members(&"ab").count(), 0);
    }
}
