//! Which rows are exported.

use std::time::Duration;

use ipnet::IpNet;

use super::DataSet;
use crate::activity::ActivityRecord;
use crate::behaviour::Behaviour;
use crate::client::{ClientIp, ClientKey};
use crate::dataset::NORM;
use crate::id::RequestId;
use crate::inspection::AttackClass;
use crate::policy::Reason;
use crate::storage::exchange;
use crate::time::Timestamp;

/// Ids begin with the second of a request's arrival; it is answered, and its visit ends, within this time.
const LONGEST: Duration = Duration::from_secs(24 * 60 * 60);

/// The predecessor's ids were given after the moment they are stored with.
const SKEW: Duration = Duration::from_secs(60);

/// Time, client and label.
#[derive(Clone, Debug, Default)]
pub(crate) struct Filter {
    /// From this moment on.
    pub(crate) since: Option<Timestamp>,
    /// Before this moment.
    pub(crate) until: Option<Timestamp>,
    /// Only of clients within.
    pub(crate) client: Option<IpNet>,
    /// What that client is counted by, where it is a single one: the store then looks for nothing else.
    pub(crate) client_key: Option<ClientKey>,
    /// Only with this label.
    pub(crate) label: Label,
}

/// What is asked for by `--label`.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) enum Label {
    /// Everything.
    #[default]
    Any,
    /// Visits with this judgement.
    Behaviour(Behaviour),
    /// Requests without an attack, harmless texts.
    Norm,
    /// Any attack.
    Anom,
    /// Attacks of this class.
    Class(AttackClass),
}

impl Label {
    /// The label of this name for such a data set.
    ///
    /// # Errors
    /// With what is allowed.
    pub(crate) fn parse(name: &str, data_set: DataSet) -> Result<Self, String> {
        match data_set {
            DataSet::Features | DataSet::Sessions => {
                let known = Behaviour::ALL.map(Behaviour::as_str).join(", ");
                Behaviour::parse(name).map(Self::Behaviour).ok_or(format!("expected one of {known}"))
            }
            DataSet::Strings | DataSet::Requests => match name {
                NORM => Ok(Self::Norm),
                "anom" => Ok(Self::Anom),
                class => AttackClass::parse(class).map(Self::Class).ok_or_else(|| {
                    let known = AttackClass::ALL.map(AttackClass::as_str).join(", ");
                    format!("expected norm, anom (any attack), or one of {known}")
                }),
            },
        }
    }

    /// The judgement asked for.
    pub(super) const fn behaviour(self) -> Option<Behaviour> {
        if let Self::Behaviour(behaviour) = self { Some(behaviour) } else { None }
    }

    /// Whether a text taken for this attack, or for none, is asked for.
    pub(super) fn takes_text(self, attack: Option<AttackClass>) -> bool {
        match self {
            Self::Any | Self::Behaviour(_) => true,
            Self::Norm => attack.is_none(),
            Self::Anom => attack.is_some(),
            Self::Class(class) => attack == Some(class),
        }
    }

    /// Whether a request with such a verdict is asked for.
    pub(super) fn takes_request(self, request: &ActivityRecord) -> bool {
        self.takes_text(match request.verdict.reason() {
            Some(Reason::Attack(class)) => Some(class),
            _ => None,
        })
    }
}

impl Filter {
    /// Whether a row of this moment and client is asked for.
    pub(super) fn takes(&self, moment: Timestamp, client: ClientIp) -> bool {
        self.since.is_none_or(|since| moment >= since)
            && self.until.is_none_or(|until| moment < until)
            && self.client.is_none_or(|net| net.contains(&client.addr()))
    }

    /// The id that all ids asked for lie below.
    pub(super) fn first_id(&self) -> Option<RequestId> {
        self.until.map(|until| id_at(until.plus(SKEW)))
    }

    /// Whether everything from this id down is too old.
    pub(super) fn is_past(&self, id: RequestId) -> bool {
        self.since.is_some_and(|since| id.time().plus(LONGEST) < since)
    }
}

/// The lowest id of a second.
fn id_at(moment: Timestamp) -> RequestId {
    let seconds = u32::try_from(moment.as_millis().div_euclid(1_000).max(0)).unwrap_or(u32::MAX);
    let [a, b, c, d] = seconds.to_be_bytes();
    RequestId::from_bytes([a, b, c, d, 0, 0, 0, 0, 0, 0, 0, 0])
}

/// A moment given as RFC 3339, or as a time ago such as `2h`.
///
/// # Errors
/// With what is expected.
pub(crate) fn moment(text: &str, now: Timestamp) -> Result<Timestamp, String> {
    if let Ok(ago) = text.parse::<humantime::Duration>() {
        let ago = i64::try_from(ago.as_millis()).unwrap_or(i64::MAX);
        return Ok(Timestamp::from_millis(now.as_millis().saturating_sub(ago)));
    }
    exchange::rfc3339(text)
        .ok_or_else(|| "expected a time such as 2026-11-21T08:00:00Z, or how long ago, such as 2h".to_owned())
}
