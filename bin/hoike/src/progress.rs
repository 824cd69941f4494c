//! Progress on stderr, on a terminal only.

use indicatif::{ProgressBar, ProgressDrawTarget, ProgressStyle};

/// A bar over `claims` claims; hidden where stderr is no terminal, or where there is too little to wait for.
pub(crate) fn bar(claims: usize) -> ProgressBar {
    if claims < 2 {
        return ProgressBar::hidden();
    }
    let bar = ProgressBar::with_draw_target(Some(claims as u64), ProgressDrawTarget::stderr());
    if let Ok(style) =
        ProgressStyle::with_template("{bar:40} {pos}/{len} claims, {per_sec}, {eta} left")
    {
        bar.set_style(style);
    }
    bar
}
