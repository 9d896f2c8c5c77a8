//! The TOML file as a layer.

use std::path::Path;

use toml::de::{DeTable, DeValue};

use crate::layers::{Layers, Source};
use crate::problem::Problem;
use crate::setting::{find, sections};

/// Adds what the file at `path` with this `text` says.
pub(crate) fn read(layers: &mut Layers, path: &Path, text: &str) {
    let at = |offset: usize| Source::File { path: path.to_owned(), line: line_of(text, offset) };
    let document = match DeTable::parse(text) {
        Ok(document) => document,
        Err(error) => {
            let origin = at(error.span().map_or(0, |span| span.start));
            return layers
                .problems
                .push(Problem::Syntax { origin, message: error.message().to_owned() });
        }
    };
    for (name, value) in document.get_ref() {
        let origin = at(name.span().start);
        match value.get_ref() {
            DeValue::Table(table) => read_section(layers, name.get_ref(), table, &at),
            _ => layers.problems.push(Problem::unknown_path(name.get_ref().to_string(), origin)),
        }
    }
}

fn read_section(
    layers: &mut Layers,
    section: &str,
    table: &DeTable<'_>,
    at: &dyn Fn(usize) -> Source,
) {
    for (key, value) in table {
        let origin = at(key.span().start);
        let name = format!("{section}.{}", key.get_ref());
        if let (DeValue::Table(inner), true) = (value.get_ref(), is_section(&name)) {
            read_section(layers, &name, inner, at);
            continue;
        }
        let Some(setting) = find(&name) else {
            layers.problems.push(Problem::unknown_path(name, origin));
            continue;
        };
        let text = match value.get_ref() {
            DeValue::Array(items) if setting.list => {
                items.iter().map(|item| scalar(item.get_ref())).collect()
            }
            value => scalar(value).map(|text| vec![text]),
        };
        match text.map(|items| items.join(",")) {
            Some(text) if setting.conceals(&text) => {
                layers.problems.push(Problem::misplaced(setting, origin));
            }
            Some(text) => layers.say(setting, text, origin),
            None => layers.problems.push(Problem::bad(setting, "a list or a table", origin)),
        }
    }
}

fn is_section(name: &str) -> bool {
    sections().iter().any(|section| section.name == name)
}

/// The text of a single value. Times and numbers are read by the setting itself.
fn scalar(value: &DeValue<'_>) -> Option<String> {
    match value {
        DeValue::String(text) => Some(text.to_string()),
        DeValue::Integer(number) => Some(number.to_string()),
        DeValue::Float(number) => Some(number.to_string()),
        DeValue::Boolean(truth) => Some(truth.to_string()),
        DeValue::Datetime(time) => Some(time.to_string()),
        DeValue::Array(_) | DeValue::Table(_) => None,
    }
}

fn line_of(text: &str, offset: usize) -> usize {
    text.bytes().take(offset).filter(|byte| *byte == b'\n').count() + 1
}
