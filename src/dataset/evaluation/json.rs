//! The report as JSON, for programs.

use serde_json::{Map, Value, json};

use super::{Group, NORM, SetReport, Share, Tally, attacks};
use crate::dataset::evaluation::roc::Point;

/// Points of a curve that are written; a curve of more is thinned.
const CURVE_POINTS: usize = 500;

/// A set as an object: `file`, `bad`, `failed`, `all`, `sources`, `confusion`, `roc`.
pub(crate) fn to_json(set: &SetReport) -> Value {
    let sources: Map<String, Value> = set.sources.iter().map(|(name, group)| (name.clone(), of_group(group))).collect();
    json!({
        "file": set.name,
        "bad": set.bad,
        "failed": set.failed,
        "faults": set.faults,
        "all": of_group(&set.total()),
        "sources": sources,
        "confusion": set.confusion,
        "roc": {
            "area": set.roc.area(),
            "points": thinned(set.roc.points()).iter().map(|point| json!({
                "threshold": point.threshold,
                "false_alarms": point.false_alarms,
                "detected": point.detected,
            })).collect::<Vec<_>>(),
        },
    })
}

fn of_group(group: &Group) -> Value {
    let labels: Map<String, Value> =
        group.iter().map(|(label, tally)| (label.clone(), of_tally(tally, label != NORM))).collect();
    let mut object = json!({ "labels": labels });
    let attacks = attacks(group);
    if attacks.rows > 0 {
        object["attacks"] = of_tally(&attacks, true);
    }
    object
}

fn of_tally(tally: &Tally, is_attack: bool) -> Value {
    let mut object =
        json!({ "rows": tally.rows, "refused": share(tally.refused()), "suspected": share(tally.suspected()) });
    if is_attack {
        object["right_class"] = share(tally.right_class());
    }
    object
}

fn share(share: Share) -> Value {
    json!({
        "count": share.part,
        "share": share.value(),
        "wilson_95": share.interval().map(|(low, high)| [low, high]),
    })
}

/// At most [`CURVE_POINTS`], the last among them.
fn thinned(points: Vec<Point>) -> Vec<Point> {
    let step = points.len().div_ceil(CURVE_POINTS).max(1);
    let last = points.len().saturating_sub(1);
    points.into_iter().enumerate().filter(|(index, _)| index % step == 0 || *index == last).map(|(_, p)| p).collect()
}
