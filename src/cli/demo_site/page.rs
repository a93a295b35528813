//! The frame around every page.

use axum::response::Html;

const FRAME: &str = include_str!("assets/frame.html");

/// A whole page. `title` is escaped; `content` is HTML.
pub(super) fn page(title: &str, content: &str) -> Html<String> {
    // The content goes in last, so that nothing in it is taken for a placeholder.
    Html(FRAME.replace("{{title}}", &escape(title)).replacen("{{content}}", content, 1))
}

/// Makes a text harmless as HTML, in content and in quoted attributes.
pub(super) fn escape(text: &str) -> String {
    let mut escaped = String::with_capacity(text.len());
    for c in text.chars() {
        match c {
            '&' => escaped.push_str("&amp;"),
            '<' => escaped.push_str("&lt;"),
            '>' => escaped.push_str("&gt;"),
            '"' => escaped.push_str("&quot;"),
            '\'' => escaped.push_str("&#39;"),
            _ => escaped.push(c),
        }
    }
    escaped
}
