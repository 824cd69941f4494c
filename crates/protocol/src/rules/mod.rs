//! The fork rules as a table: a time goes in, a view comes out.
//!
//! Stages get the view and never a time or a schedule, so their signatures say what they are keyed on. Each file is one kind of time; read from
//! top to bottom, each *is* the fork history of what that time gates.

mod inclusion;
mod l1;
mod l2;
mod origin;
mod variants;

pub use inclusion::{InclusionRules, Ordering};
pub use l1::{BlobSchedule, L1Config};
pub use l2::{
    BaseFeeDenominator, ExtraDataFormat, L1Fee, L1InfoFormat, L2Rules, OperatorFee, Upgrades,
    Withdrawals,
};
pub use origin::OriginRules;
pub use variants::{HoloceneOverlap, KarstEvm, Variants};

use crate::{InclusionTime, L2Time, OriginTime, RollupConfig};

/// All rules of one chain: its configs and what follows from them.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Rules {
    /// The rollup's constants.
    pub rollup: RollupConfig,
    /// The L1 chain's blob schedule.
    pub l1: L1Config,
    /// Which version of a rule holds where implementations differ.
    pub variants: Variants,
}

impl Rules {
    /// Rules gated by the L1 block that carries the data.
    pub fn at_inclusion(&self, time: InclusionTime) -> InclusionRules {
        inclusion::at(time, &self.rollup)
    }

    /// Rules gated by an L2 block's L1 origin.
    pub fn at_origin(&self, time: OriginTime) -> OriginRules {
        origin::at(time, self)
    }

    /// Rules gated by the L2 block's own time.
    pub fn at_l2(&self, time: L2Time) -> L2Rules {
        l2::at(time, &self.rollup)
    }
}

#[cfg(test)]
mod tests;
