//! Rules that exist in two versions, where no time says which one holds.

/// The versions that a run goes by. What is not said otherwise is the default.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub struct Variants {
    /// Overlapping span batches from Holocene on.
    pub holocene_overlap: HoloceneOverlap,
    /// The EVM of Karst.
    pub karst_evm: KarstEvm,
}

/// What an overlapping span batch may say of blocks that are safe already, from Holocene on (case D37).
///
/// The change is retroactive and has no activation time; it is not known to change the result on any production chain. The default is the rule by which
/// chains were derived and witnesses recorded before it. See `docs/decisions/0005-overlapping-spans-from-holocene-on.md`.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub enum HoloceneOverlap {
    /// Anything: it is skipped unseen (op-node up to v1.19.0; `holocene/derivation.md` before August 2026).
    #[default]
    Skipped,
    /// Nothing but what they are: a mismatch drops the span (op-node v1.19.6).
    Compared,
}

/// The EVM that executes Karst's blocks.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub enum KarstEvm {
    /// Osaka, as specified (`karst/exec-engine.md`) and live.
    #[default]
    Osaka,
    /// Prague with Jovian's precompiles: what op-geth does, which has no Karst. Only for comparison with what op-geth has executed.
    Prague,
}
