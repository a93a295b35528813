//! What is inspected, and where in the request it stood.

use std::fmt;

use serde::{Deserialize, Serialize};

/// The place of a value in a request. It is an input of the model: the same words mean different things in
/// a number field and in a text area.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub enum TargetKind {
    /// The whole path.
    Path,
    /// Name of a query parameter.
    QueryName,
    /// Value of a query parameter.
    QueryValue,
    /// Value of a header that applications read.
    Header,
    /// Value of a cookie.
    Cookie,
    /// Name of a body field, or a JSON key.
    BodyName,
    /// Value of a body field, or a JSON leaf.
    BodyValue,
    /// File name of an upload.
    FileName,
    /// A body, or a part of one, that is plain text or could not be taken apart.
    BodyText,
}

impl TargetKind {
    /// Every kind.
    pub const ALL: [Self; 9] = [
        Self::Path,
        Self::QueryName,
        Self::QueryValue,
        Self::Header,
        Self::Cookie,
        Self::BodyName,
        Self::BodyValue,
        Self::FileName,
        Self::BodyText,
    ];

    /// The kind's stable name, as logged.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Path => "path",
            Self::QueryName => "query-name",
            Self::QueryValue => "query-value",
            Self::Header => "header",
            Self::Cookie => "cookie",
            Self::BodyName => "body-name",
            Self::BodyValue => "body-value",
            Self::FileName => "file-name",
            Self::BodyText => "body-text",
        }
    }

    /// The kind of the names of fields within a value of this kind: those of JSON in a parameter.
    pub(crate) const fn of_names(self) -> Self {
        match self {
            Self::QueryName | Self::QueryValue => Self::QueryName,
            Self::BodyName | Self::BodyValue | Self::BodyText => Self::BodyName,
            Self::Path | Self::Header | Self::Cookie | Self::FileName => self,
        }
    }
}

/// Where a suspicion was found.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct Target {
    /// The kind of place.
    pub kind: TargetKind,
    /// Name of the parameter, header, cookie or field; for JSON the dotted way to it; empty for path and plain text.
    /// At most 128 characters.
    pub name: String,
}

impl fmt::Display for Target {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.kind.as_str())?;
        if self.name.is_empty() { Ok(()) } else { write!(f, " {}", self.name) }
    }
}
