//! Keys from the environment: `PORTCULLIS__SESSION__GAP=20s` is `gap` in `[session]`.

use toml::{Table, Value};

use super::reader::Faults;

/// What every variable of ours begins with.
const PREFIX: &str = "PORTCULLIS__";

/// Lays the variables over the file's table. A value is read as TOML where it is TOML (`true`, `3`, `["a"]`),
/// else it is a text.
pub(super) fn overlay(table: &mut Table, variables: impl Iterator<Item = (String, String)>, faults: &Faults) {
    for (name, text) in variables {
        let Some(path) = name.strip_prefix(PREFIX) else { continue };
        let keys: Vec<String> = path.split("__").map(str::to_ascii_lowercase).collect();
        if keys.iter().any(String::is_empty) || !put(table, &keys, value(&text)) {
            faults.add(name, "names no key; expected PORTCULLIS__SECTION__KEY");
        }
    }
}

fn value(text: &str) -> Value {
    match format!("value = {text}").parse::<Table>() {
        Ok(mut table) => table.remove("value").unwrap_or_else(|| Value::String(text.to_owned())),
        Err(_) => Value::String(text.to_owned()),
    }
}

fn put(table: &mut Table, keys: &[String], value: Value) -> bool {
    match keys {
        [] => false,
        [key] => {
            table.insert(key.clone(), value);
            true
        }
        [section, rest @ ..] => match table.entry(section.clone()).or_insert_with(|| Value::Table(Table::new())) {
            Value::Table(inner) => put(inner, rest, value),
            _ => false,
        },
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lays_typed_values_over_the_file() {
        let mut table: Table = "[session]\ngap = \"15s\"\n".parse().unwrap();
        let faults = Faults::default();
        let pairs = [
            ("PORTCULLIS__SESSION__GAP", "20s"),
            ("PORTCULLIS__BEHAVIOUR__BLOCK_IP", "true"),
            ("PORTCULLIS__CLIENT__TRUSTED_PROXIES", "[\"10.0.0.0/8\"]"),
            ("PORTCULLIS_ADMIN_TOKEN", "not ours"),
        ];
        overlay(&mut table, pairs.map(|(name, text)| (name.to_owned(), text.to_owned())).into_iter(), &faults);
        let expected: Table = "[session]\ngap = \"20s\"\n[behaviour]\nblock_ip = true\n[client]\n\
                               trusted_proxies = [\"10.0.0.0/8\"]\n"
            .parse()
            .unwrap();
        assert_eq!(table, expected);
        assert!(faults.into_vec().is_empty());
    }
}
