//! `hoike explain`: what L1 carried, and what became of each piece of it.

mod claimant;
mod codes;
mod groups;
mod json;
mod page;
mod range;
mod reason;
mod recorder;
mod summary;
mod text;
mod timeline;
mod view;
mod words;

pub(crate) use range::Range;

use super::verify::{EXAMPLE_CLAIM, EXAMPLE_WITNESS};
use crate::{
    args::{EvmOfKarst, Explain},
    exit::Exit,
    output::{no_verdict, print},
};
use claimant::{Claimant, Comparison};
use hoike_claims::{Entry, Folder, FolderError};
use hoike_executor::PureRust;
use hoike_native::Native;
use hoike_preimage::{Checked, Trusted, Verified};
use hoike_program::{Outcome, Verdict};
use hoike_protocol::{
    Fork, InclusionTime, Rules,
    rules::{HoloceneOverlap, KarstEvm, Variants},
};
use page::{Page, Tone};
use reason::Grid;
use recorder::Recorder;
use serde_json::{Value, json};
use summary::Totals;
use text::Text;
use timeline::Timeline;
use view::View;

/// Judges a claim and prints how its chain comes about. A broken pipe changes no exit code.
pub(crate) fn run(args: &Explain) -> Exit {
    let claimant = match args.claimant.as_deref().map(Claimant::read).transpose() {
        Ok(claimant) => claimant,
        Err(why) => return failed(args, None, None, &why, Exit::Usage),
    };
    let folder = match load(args) {
        Ok(folder) => folder,
        Err(error) => return failed(args, None, None, &error.to_string(), Exit::Data),
    };
    let Some(entry) = folder.claims.get(args.claim) else {
        let why = format!(
            "{} has {} claims, there is no number {}",
            folder.name,
            folder.claims.len(),
            args.claim
        );
        return failed(args, Some(&folder), None, &why, Exit::Usage);
    };
    let mut rules = folder.rules.clone();
    rules.variants = variants(args, &rules);
    let (timeline, outcome) = judge(args, &rules, &folder, entry);
    let run = Run {
        args,
        folder: &folder,
        entry,
        rules: &rules,
        timeline: &timeline,
        outcome: &outcome,
        claimant: claimant.as_ref(),
    };
    if args.json {
        print(&format!("{}\n", run.json()));
    } else {
        print(&run.text());
    }
    match &outcome {
        Ok(outcome) => match outcome.verdict {
            Verdict::Valid => Exit::Valid,
            Verdict::Invalid { .. } => Exit::Invalid,
        },
        Err(why) => {
            no_verdict(why);
            Exit::Data
        }
    }
}

fn load(args: &Explain) -> Result<Folder, FolderError> {
    match &args.folder {
        None => Folder::from_bytes("the built-in example", EXAMPLE_CLAIM, EXAMPLE_WITNESS),
        Some(path) => Folder::read(path),
    }
}

/// Runs the program on the claim. The timeline goes as far as the run does.
fn judge(
    args: &Explain,
    rules: &Rules,
    folder: &Folder,
    entry: &Entry,
) -> (Timeline, Result<Outcome, String>) {
    let witness = folder.witness.clone();
    if args.trust_witness {
        execute(args, rules, entry, Trusted::assume_checked_by_vm(witness))
    } else if args.pure {
        execute(args, rules, entry, Verified::new(witness, hoike_kzg::Pure))
    } else {
        execute(
            args,
            rules,
            entry,
            Verified::new(witness, hoike_kzg::Native),
        )
    }
}

fn execute<O: Checked>(
    args: &Explain,
    rules: &Rules,
    entry: &Entry,
    mut oracle: O,
) -> (Timeline, Result<Outcome, String>) {
    let boot = entry.boot(rules);
    let mut recorder = Recorder::default();
    let outcome = if args.pure {
        hoike_program::run(&boot, &mut oracle, &mut PureRust, &mut recorder)
    } else {
        hoike_program::run(&boot, &mut oracle, &mut Native::new(), &mut recorder)
    };
    let outcome = outcome
        .map_err(|error| error.to_string())
        .and_then(|outcome| entry.check_agreed(&outcome.agreed).map(|()| outcome));
    (recorder.finish(), outcome)
}

/// A run that is over, and how it is to be shown.
struct Run<'a> {
    args: &'a Explain,
    folder: &'a Folder,
    entry: &'a Entry,
    rules: &'a Rules,
    timeline: &'a Timeline,
    outcome: &'a Result<Outcome, String>,
    claimant: Option<&'a Claimant>,
}

impl Run<'_> {
    fn view(&self) -> View<'_> {
        let grid = Grid::new(&self.rules.rollup);
        View::new(self.timeline, grid, self.args.l1, self.args.l2)
    }

    /// What Karst's blocks are executed by, if the chain has Karst.
    fn karst_evm(&self) -> Option<KarstEvm> {
        let time = self.rules.rollup.schedule.time_of(Fork::Karst);
        time.map(|_| self.rules.variants.karst_evm)
    }

    fn comparison(&self) -> Option<Comparison<'_>> {
        let (claimant, outcome) = (self.claimant?, self.outcome.as_ref().ok()?);
        let (claimed, _) = self.entry.claimed();
        let agreed = (
            outcome.agreed.number,
            outcome.agreed.hash,
            self.entry.agreed_root(),
        );
        let exhausted = outcome.compared.number < claimed;
        Some(claimant.compare(self.timeline, agreed, claimed, exhausted))
    }

    fn text(&self) -> String {
        let view = self.view();
        let mut page = Page::new(self.args.color);
        let (claimed, root) = self.entry.claimed();
        let first_time = self.timeline.l1.first().map_or(0, |block| block.at.time);
        let timeout = self
            .rules
            .at_inclusion(InclusionTime(first_time))
            .channel_timeout;
        summary::title(
            &mut page,
            &self.folder.name,
            &self.folder.chain,
            self.args.claim,
            claimed,
            self.timeline,
            timeout,
        );
        if self.karst_evm() == Some(KarstEvm::Prague) {
            let text = "  Karst's blocks are executed on Prague, not Osaka as specified";
            page.line(2, &[(Tone::Odd, text.into())]);
        }
        page.blank();
        Text::new(&view, self.rules).timeline(&mut page);
        page.blank();
        Totals::of(self.timeline).print(&mut page, self.timeline, view.is_cut());
        page.blank();
        match self.outcome {
            Ok(outcome) => {
                summary::verdict(&mut page, &self.folder.chain, (claimed, root), outcome);
                if let Some(comparison) = self.comparison() {
                    page.blank();
                    summary::comparison(&mut page, self.timeline, &comparison);
                } else if matches!(outcome.verdict, Verdict::Invalid { .. }) {
                    page.blank();
                    let shown = self.timeline.chain().filter(|block| view.l2_block(block));
                    summary::computed(&mut page, shown);
                }
            }
            Err(why) => page.line(
                10,
                &[
                    (Tone::Bad, "NO VERDICT".into()),
                    (Tone::Plain, format!("  {why}")),
                ],
            ),
        }
        page.finish()
    }

    fn json(&self) -> Value {
        let view = self.view();
        let (claimed, root) = self.entry.claimed();
        let outcome = self.outcome.as_ref().ok();
        let agreed = self.timeline.agreed.as_ref();
        json!({
            "version": json::VERSION,
            "folder": self.folder.name,
            "claim": self.args.claim,
            "l2_chain_id": self.rules.rollup.l2_chain_id,
            "karst_evm": self.karst_evm().map(|evm| match evm {
                KarstEvm::Osaka => "osaka",
                KarstEvm::Prague => "prague",
            }),
            "verdict": outcome.map(|outcome| match outcome.verdict {
                Verdict::Valid => "valid",
                Verdict::Invalid { .. } => "invalid",
            }),
            "error": self.outcome.as_ref().err(),
            "l1_head": outcome.map(|outcome| outcome.l1_head),
            "agreed": {
                "number": outcome.map(|outcome| outcome.agreed.number).or(agreed.map(|block| block.number)),
                "hash": outcome.map(|outcome| outcome.agreed.hash).or(agreed.map(|block| block.hash)),
                "output_root": self.entry.agreed_root(),
            },
            "claimed": { "number": claimed, "output_root": root },
            "computed": outcome.map(|outcome| json!({
                "number": outcome.compared.number, "hash": outcome.compared.hash, "output_root": outcome.output_root,
            })),
            "l1_blocks": json::l1_blocks(&view),
            "channels": json::channels(&view),
            "batches": json::batches(&view),
            "l2_blocks": json::l2_blocks(&view, self.rules),
            "summary": json::summary(&Totals::of(self.timeline), &view),
            "claimant": self.comparison().as_ref().map(json::comparison),
        })
    }
}

/// The versions of the rules that the arguments ask for, or else the folder's configs.
const fn variants(args: &Explain, rules: &Rules) -> Variants {
    Variants {
        holocene_overlap: if args.compare_overlaps {
            HoloceneOverlap::Compared
        } else {
            HoloceneOverlap::Skipped
        },
        karst_evm: match args.karst_evm {
            Some(EvmOfKarst::Osaka) => KarstEvm::Osaka,
            Some(EvmOfKarst::Prague) => KarstEvm::Prague,
            None => rules.variants.karst_evm,
        },
    }
}

/// Says why there is nothing to explain: to a person on stderr, to a program on stdout too.
fn failed(
    args: &Explain,
    folder: Option<&Folder>,
    claim: Option<usize>,
    why: &str,
    exit: Exit,
) -> Exit {
    no_verdict(why);
    if args.json {
        let object = json!({
            "version": json::VERSION, "folder": folder.map(|folder| &folder.name), "claim": claim, "verdict": null, "error": why,
        });
        print(&format!("{object}\n"));
    }
    exit
}
