//! Values of one name, put together: ASP.NET joins them with commas, others one to the next, and an attack may be split
//! over them.

use super::safe::is_plain_name;
use super::targets::{Field, Targets};

/// Names of a head or body whose values are joined.
const MAX_NAMES: usize = 16;
/// Values of a name that are joined.
const MAX_VALUES: usize = 64;
/// Bytes of a value that is joined: what is longer carries its attack alone.
const MAX_VALUE_BYTES: usize = 512;

/// Adds the values of each name that occurs more than once among these fields, given by their index, joined with commas
/// and without. `a`, `a[]` and `a[0]` are one name. Plain words alone say nothing together either, and stay apart.
pub(super) fn push_joined(mut indices: Vec<usize>, targets: &mut Targets) {
    if indices.len() < 2 {
        return;
    }
    let fields = targets.fields();
    let key = |index: usize| (fields[index].target.kind as u8, base_name(&fields[index].target.name));
    indices.retain(|index| fields.get(*index).is_some_and(|field| field.value.len() <= MAX_VALUE_BYTES));
    indices.sort_by(|left, right| key(*left).cmp(&key(*right)).then(left.cmp(right)));
    let groups = indices.chunk_by(|left, right| key(*left) == key(*right)).filter(|group| is_telling(group, fields));
    let joined: Vec<_> = groups
        .take(MAX_NAMES)
        .map(|group| {
            let values: Vec<&[u8]> =
                group.iter().take(MAX_VALUES).map(|index| fields[*index].value.as_slice()).collect();
            let target = &fields[group[0]].target;
            (target.kind, base_name(&target.name).to_owned(), values.join(&b','), values.concat())
        })
        .collect();
    for (kind, name, commas, bare) in joined {
        targets.push(kind, name.as_bytes(), commas);
        targets.push(kind, name.as_bytes(), bare);
    }
}

fn is_telling(group: &[usize], fields: &[Field]) -> bool {
    group.len() > 1 && group.iter().any(|index| !is_plain_name(&fields[*index].value))
}

/// The name without `[]` or `[0]` at its end.
fn base_name(name: &str) -> &str {
    match name.strip_suffix(']').and_then(|inner| inner.rsplit_once('[')) {
        Some((base, index)) if index.bytes().all(|byte| byte.is_ascii_digit()) => base,
        _ => name,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::inspection::TargetKind;

    fn joined(fields: &[(&str, &str)]) -> Vec<String> {
        let mut targets = Targets::new(1_000);
        for (name, value) in fields {
            targets.push(TargetKind::QueryValue, name.as_bytes(), value.as_bytes());
        }
        push_joined((0..fields.len()).collect(), &mut targets);
        let (found, _) = targets.into_parts();
        found[fields.len()..]
            .iter()
            .map(|field| format!("{}={}", field.target.name, String::from_utf8_lossy(&field.value)))
            .collect()
    }

    #[test]
    fn values_of_one_name_are_joined_both_ways() {
        assert_eq!(
            joined(&[("a", "1 union/*"), ("b", "x"), ("a", "*/select")]),
            ["a=1 union/*,*/select", "a=1 union/**/select"]
        );
        assert_eq!(joined(&[("a[]", "<scr"), ("a[1]", "ipt>"), ("a", "x")]), ["a=<scr,ipt>,x", "a=<script>x"]);
        assert_eq!(joined(&[("u[name]", "a b"), ("u[mail]", "c d")]), [""; 0]);
        assert_eq!(joined(&[("a", "1"), ("a", "2")]), [""; 0]);
        assert_eq!(joined(&[("a", "1'"), ("b", "2'")]), [""; 0]);
    }

    #[test]
    fn there_are_bounds() {
        let long = "x ".repeat(300);
        assert_eq!(joined(&[("a", &long), ("a", "b c")]), [""; 0]);
        let names: Vec<String> = (0..40).map(|n| format!("n{n}")).collect();
        let many: Vec<(&str, &str)> =
            names.iter().flat_map(|name| [(name.as_str(), "a b"), (name.as_str(), "c d")]).collect();
        assert_eq!(joined(&many).len(), 2 * MAX_NAMES);
        let values = vec![("a", "b c"); 100];
        assert_eq!(joined(&values)[1].len(), 2 + 3 * MAX_VALUES);
    }
}
