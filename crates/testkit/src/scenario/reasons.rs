//! How often each reason was given, by name: what shows whether scenarios come where they should.

use super::Scenario;
use hoike_derive::Event;
use std::collections::BTreeMap;

impl Scenario {
    /// How often each reason to drop, ignore, replace or stop something was given in all derivations of this scenario.
    pub fn reasons(&self) -> BTreeMap<String, u64> {
        let mut out = BTreeMap::new();
        for run in &self.runs {
            let told = run.journal.events.iter().filter_map(name);
            let halted = run
                .halt
                .iter()
                .map(|halt| format!("Halt/{}", path(&format!("{halt:?}"))));
            for name in told.chain(halted) {
                *out.entry(name).or_default() += 1;
            }
        }
        out
    }
}

fn name(event: &Event) -> Option<String> {
    let text = match event {
        Event::L1Block { .. }
        | Event::Deposits { .. }
        | Event::ConfigUpdated { .. }
        | Event::BatcherTransaction { .. }
        | Event::DataItem { .. }
        | Event::FramesRead { .. }
        | Event::FrameTaken { .. }
        | Event::ChannelOpened { .. }
        | Event::Block { .. } => return None,
        Event::BatchAccepted { .. } => return Some("BatchAccepted".to_owned()),
        Event::BatchRead { span, .. } => {
            let kind = if span.is_some() { "Span" } else { "Singular" };
            return Some(format!("BatchRead/{kind}"));
        }
        Event::ChannelRead { algorithm, end, .. } => {
            return Some(format!(
                "ChannelRead/{algorithm:?}/{}",
                path(&format!("{end:?}"))
            ));
        }
        Event::PayloadInvalid { replaced, .. } => {
            let outcome = if *replaced { "Replaced" } else { "Dropped" };
            return Some(format!("PayloadInvalid/{outcome}"));
        }
        Event::DepositUnreadable { .. }
        | Event::ConfigUpdateSkipped { .. }
        | Event::InboxTransactionIgnored { .. }
        | Event::BlobIgnored { .. }
        | Event::FramesRejected { .. }
        | Event::FrameDropped { .. }
        | Event::ChannelDropped { .. }
        | Event::ChannelRestDropped { .. }
        | Event::ChannelUnreadable { .. }
        | Event::BatchUnreadable(_)
        | Event::BatchDropped { .. }
        | Event::BatchUndecided { .. }
        | Event::EmptyBatch { .. } => format!("{event:?}"),
    };
    Some(path(&text))
}

/// Of a value's debug text the names of its variant and of the reasons within, without what they hold.
fn path(text: &str) -> String {
    let first = |text: &str| {
        let end = text.find(|c: char| !c.is_alphanumeric());
        text[..end.unwrap_or(text.len())].to_owned()
    };
    let inner = text.split("why: ").skip(1).map(first);
    let column = text.split_once("column: ").map(|(_, rest)| first(rest));
    let parts: Vec<String> = std::iter::once(first(text))
        .chain(inner)
        .chain(column)
        .collect();
    parts.join("/")
}
