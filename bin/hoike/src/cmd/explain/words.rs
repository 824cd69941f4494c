//! Small things in words.

use super::{
    codes::Code,
    timeline::{Batch, BatchOutcome},
    view::View,
};
use hoike_protocol::{L2Time, config::update::ConfigUpdate};

/// What a config update sets, in words.
pub(crate) fn setting(update: &ConfigUpdate) -> String {
    let name = update.code();
    match update {
        ConfigUpdate::Batcher(batcher) => format!("{name} = {batcher}"),
        ConfigUpdate::FeeScalars { overhead, scalar } => {
            format!("{name}: overhead = {overhead}, scalar = {scalar}")
        }
        ConfigUpdate::GasLimit(limit) => format!("{name} = {limit}"),
        ConfigUpdate::UnsafeBlockSigner => format!("{name}: of no consequence for derivation"),
        ConfigUpdate::Eip1559Params(params) => format!("{name} = {params}"),
        ConfigUpdate::OperatorFee(params) => format!("{name} = {params}"),
        ConfigUpdate::MinBaseFee(fee) => format!("{name} = {fee} wei"),
        ConfigUpdate::DaFootprintGasScalar(scalar) => format!("{name} = {scalar}"),
    }
}
/// `span` or `singular`.
pub(crate) const fn kind(batch: &Batch) -> &'static str {
    match batch.span {
        Some(_) => "span",
        None => "singular",
    }
}

/// `block 3`, `blocks 3 to 7`.
pub(crate) fn blocks(view: &View<'_>, time: L2Time, count: u64) -> String {
    match view.grid.number(time) {
        Some(first) if count > 1 => {
            format!("blocks {first} to {}", first.saturating_add(count - 1))
        }
        Some(first) => format!("block {first}"),
        None if count > 1 => format!("{count} blocks from {}", view.grid.block(time)),
        None => view.grid.block(time),
    }
}

/// A number with what it counts, in the plural where it has to be.
pub(crate) fn count(n: u64, what: &str) -> String {
    match (n, what) {
        (1, _) => format!("1 {what}"),
        (_, "batch") => format!("{n} batches"),
        (_, _) => format!("{n} {what}s"),
    }
}

/// A time in seconds since 1970 as `2025-04-02 11:22:33`, UTC.
pub(crate) fn utc(seconds: u64) -> String {
    let (mut day, second) = (seconds / 86_400, seconds % 86_400);
    let leap = |year: u64| {
        year.is_multiple_of(4) && (!year.is_multiple_of(100) || year.is_multiple_of(400))
    };
    // The calendar repeats itself every 400 years.
    let mut year = 1970 + day / DAYS_OF_400_YEARS * 400;
    day %= DAYS_OF_400_YEARS;
    while day >= 365 + u64::from(leap(year)) {
        day -= 365 + u64::from(leap(year));
        year += 1;
    }
    let february = 28 + u64::from(leap(year));
    let mut month = 1;
    for days in [31, february, 31, 30, 31, 30, 31, 31, 30, 31, 30] {
        if day < days {
            break;
        }
        day -= days;
        month += 1;
    }
    let (hour, minute, second) = (second / 3600, second / 60 % 60, second % 60);
    format!(
        "{year}-{month:02}-{:02} {hour:02}:{minute:02}:{second:02}",
        day + 1
    )
}
const DAYS_OF_400_YEARS: u64 = 146_097;

impl BatchOutcome {
    pub(crate) const fn words(self) -> &'static str {
        match self {
            Self::Accepted => "accepted",
            Self::CutShort => "accepted in part",
            Self::PayloadInvalid => "accepted with an invalid payload",
            Self::Dropped => "dropped",
            Self::Undecided => "undecided",
            Self::Waiting => "still waiting",
        }
    }
}

#[cfg(test)]
mod tests {
    use super::utc;

    #[test]
    fn calendar() {
        // `date -u -d @…` of GNU coreutils.
        for (seconds, want) in [
            (0, "1970-01-01 00:00:00"),
            (951_782_399, "2000-02-28 23:59:59"),
            (951_782_400, "2000-02-29 00:00:00"),
            (978_220_800, "2000-12-31 00:00:00"),
            (1_700_953_962, "2023-11-25 23:12:42"),
            (4_107_542_399, "2100-02-28 23:59:59"),
            (4_107_542_400, "2100-03-01 00:00:00"),
        ] {
            assert_eq!(utc(seconds), want);
        }
        let _no_panic_and_no_long_loop = utc(u64::MAX);
    }
}
